'use strict';

// What only this page says, in both languages. Kinds, labels and modes have their words in terms.json.
const WORDS = {
  id: {
    zones: 'Zona',
    objects: 'Objek',
    motion: 'Gerakan',
    waiting: 'Menunggu gambar pertama…',
    took: 'Waktu per langkah',
    perPicture: 'milidetik per gambar, median',
    decode: 'Dekode',
    inference: 'Deteksi',
    rules: 'Aturan',
    p95: 'Dari gambar sampai peristiwa, p95',
    pictures: 'Gambar',
    perSecond: 'per detik',
    decoded: 'didekode',
    analysed: 'dianalisis',
    gated: 'tenang',
    dropped: 'dilewati',
    inferences: 'deteksi',
    rulesTitle: 'Aturan',
    events: 'Peristiwa',
    notSent: 'hanya ditampilkan, tidak dikirim',
    noRules: 'Kamera ini belum punya aturan. Tulis zonanya di edge.toml; halaman ini langsung mengikutinya.',
    noEvents: 'Belum ada peristiwa sejak halaman ini berjalan.',
    armed: 'siaga',
    unarmed: 'tidak siaga',
    here: 'di zona',
    told: 'peristiwa',
    ok: 'Langsung',
    connecting: 'Menyambung…',
    failed: 'Kamera tidak dapat dibaca',
    ended: 'Perintah watch sudah berhenti',
    mode: 'Mode',
    picture: 'Gambar kamera dengan zona dan objek',
    other: 'English',
  },
  en: {
    zones: 'Zones',
    objects: 'Objects',
    motion: 'Motion',
    waiting: 'Waiting for the first picture…',
    took: 'Time per step',
    perPicture: 'milliseconds a picture, median',
    decode: 'Decode',
    inference: 'Detection',
    rules: 'Rules',
    p95: 'From picture to event, p95',
    pictures: 'Pictures',
    perSecond: 'per second',
    decoded: 'decoded',
    analysed: 'analysed',
    gated: 'calm',
    dropped: 'dropped',
    inferences: 'detections',
    rulesTitle: 'Rules',
    events: 'Events',
    notSent: 'shown only, not sent',
    noRules: 'This camera has no rules yet. Write its zones into edge.toml; this page follows at once.',
    noEvents: 'No event since this page has been running.',
    armed: 'armed',
    unarmed: 'not armed',
    here: 'in the zone',
    told: 'events',
    ok: 'Live',
    connecting: 'Connecting…',
    failed: 'The camera cannot be read',
    ended: 'The watch command has ended',
    mode: 'Mode',
    picture: 'The camera’s picture with zones and objects',
    other: 'Bahasa Indonesia',
  },
};

const LANGUAGE = document.documentElement.lang === 'en' ? 'en' : 'id';
const words = WORDS[LANGUAGE];
const RETRY_MS = 2000;
const LABEL = 18; // pixels high
const COLOURS = { 1: '#ff6f66', 2: '#f0b440', 3: '#74b3f5', calm: '#e8ebee', box: '#f59f1f', shade: 'rgb(11 13 15 / 72%)' };
const SHAPES = { 1: 'M7 0.5 13.5 7 7 13.5 0.5 7z', 2: 'M7 1 13.5 13H0.5z', 3: 'M7 1a6 6 0 1 0 0 12a6 6 0 1 0 0-12z' };
const STEPS = ['decode', 'motion', 'inference', 'rules'];

const at = (id) => document.getElementById(id);
const layers = { zones: true, objects: true, motion: true };
const canvas = at('picture');
const pen = canvas.getContext('2d');
let terms = null; // words for what edges name, the same as the console's
let shown = null; // the state and the bitmap that are drawn
let asked = 0;
let placed = []; // labels of this picture, which give way to one another

// --- words and figures beside the picture

function say(state) {
  document.title = `${state.name} · E-Kamling`;
  at('name').textContent = state.name;
  at('stream').textContent = state.stream;
  at('mode').textContent = `${words.mode}: ${term('modes', state.mode)}`;
  link(words[state.link], state.link !== 'ok');
  const wrong = state.troubles.map((kind) => term('kinds', kind));
  trouble([...(state.reason ? [state.reason] : []), ...wrong]);
  sayTimes(state.times);
  for (const [name, value] of Object.entries(state.rates)) at(`rate-${name}`).textContent = number(value, 1);
  at('rules').replaceChildren(...rows(state.rules.map(ruleRow), words.noRules));
  at('events').replaceChildren(...rows(state.events.map(eventRow), words.noEvents));
}

// A name that has no word, such as a class of an imported model, is shown as it is.
function term(table, name) {
  return terms[table][name]?.[LANGUAGE] ?? name;
}

function sayTimes(times) {
  const total = STEPS.reduce((sum, step) => sum + (times[step] ?? 0), 0);
  let from = 0;
  for (const step of STEPS) {
    at(`time-${step}`).textContent = number(times[step], 2);
    const width = total ? (1000 * (times[step] ?? 0)) / total : 0;
    at(`bar-${step}`).setAttribute('x', from);
    at(`bar-${step}`).setAttribute('width', width);
    from += width;
  }
  at('time-p95').textContent = times.p95 === null ? '–' : `${number(times.p95, 0)} ms`;
}

function number(value, digits) {
  if (value === null || value === undefined) return '–';
  return value.toLocaleString(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function link(text, bad) {
  at('link').textContent = text;
  at('link').classList.toggle('bad', bad);
}

function trouble(lines) {
  at('trouble').hidden = lines.length === 0;
  at('trouble').textContent = lines.join(' · ');
}

function rows(items, none) {
  return items.length ? items : [element('li', 'none', none)];
}

function element(kind, name, text = '') {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

function mark(severity, calm) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  made.setAttribute('viewBox', '0 0 14 14');
  made.setAttribute('class', calm ? 'mark' : `mark p${severity}`);
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', SHAPES[severity]);
  made.append(shape);
  return made;
}

function ruleRow(rule) {
  const row = element('li', rule.armed ? '' : 'off');
  const state = rule.armed ? words.armed : words.unarmed;
  const when = rule.schedule.length ? ` · ${rule.schedule.join(', ')}` : '';
  const here = rule.here ? `${rule.here} ${words.here} · ` : '';
  row.append(
    mark(rule.severity, !rule.here || !rule.armed),
    element('span', 'title', rule.id),
    element('span', 'end', `${here}${rule.events} ${words.told}`),
    element('span', 'sub', `${term('kinds', rule.kind)} · ${state}${when}`),
  );
  return row;
}

function eventRow(event) {
  const row = element('li', '');
  const time = element('time', 'end', new Date(event.at).toLocaleTimeString(LANGUAGE === 'id' ? 'id-ID' : 'en-GB'));
  const object = `${term('labels', event.label)}${event.track ? ` #${event.track}` : ''}`;
  row.append(
    mark(event.severity, false),
    element('span', 'title', term('kinds', event.kind)),
    time,
    element('span', 'sub', `${object} · ${event.rule}`),
  );
  return row;
}

// --- the picture

function draw() {
  if (!shown) return;
  const { state, bitmap } = shown;
  const room = at('stage').getBoundingClientRect();
  const scale = Math.min(room.width / state.size[0], room.height / state.size[1]);
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = state.size.map((side) => Math.round(side * scale));
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(bitmap, 0, 0, width, height);
  placed = [];
  if (layers.motion && state.motion) drawMotion(state.motion, width, height);
  if (layers.zones) for (const rule of state.rules) drawRule(rule, width, height);
  if (layers.objects) for (const track of state.tracks) drawTrack(track, width, height);
  canvas.setAttribute('aria-label', words.picture);
  canvas.dataset.number = state.number;
  canvas.dataset.tracks = state.tracks.length;
}

function drawMotion(motion, width, height) {
  const bits = atob(motion.bits);
  const wide = motion.width;
  const moves = (spot) => bits.charCodeAt(spot >> 3) & (128 >> (spot & 7));
  const within = (spot) => moves(spot - 1) && moves(spot + 1) && moves(spot - wide) && moves(spot + wide);
  const small = new ImageData(wide, motion.height);
  for (let spot = 0; spot < wide * motion.height; spot += 1) {
    if (moves(spot)) small.data.set([232, 235, 238, within(spot) ? 50 : 190], 4 * spot);
  }
  const layer = new OffscreenCanvas(motion.width, motion.height);
  layer.getContext('2d').putImageData(small, 0, 0);
  pen.drawImage(layer, 0, 0, width, height);
}

function drawRule(rule, width, height) {
  const points = (rule.line.length ? rule.line : rule.zone).map(([x, y]) => [x * width, y * height]);
  if (!points.length) return; // a rule of the whole picture
  const busy = rule.armed && rule.here > 0;
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  if (!rule.line.length) pen.closePath();
  pen.setLineDash(rule.armed ? [] : [6, 5]);
  stroke(busy ? COLOURS[rule.severity] : COLOURS.calm, busy ? 2.5 : 1.5);
  pen.setLineDash([]);
  if (busy) {
    pen.globalAlpha = 0.12;
    pen.fillStyle = COLOURS[rule.severity];
    pen.fill();
    pen.globalAlpha = 1;
  }
  if (rule.line.length) drawArrow(points[0], points[1]);
  const [x, y] = rule.line.length ? points[0] : points.reduce((top, point) => (point[1] < top[1] ? point : top));
  label(rule.id, x + 4, y + 4, COLOURS.calm, width, height);
}

function drawArrow([x1, y1], [x2, y2]) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  pen.beginPath();
  pen.moveTo(x2 - 12 * Math.cos(angle - 0.45), y2 - 12 * Math.sin(angle - 0.45));
  pen.lineTo(x2, y2);
  pen.lineTo(x2 - 12 * Math.cos(angle + 0.45), y2 - 12 * Math.sin(angle + 0.45));
  stroke(COLOURS.calm, 1.5);
}

function drawTrack(track, width, height) {
  const [left, top, right, bottom] = track.box;
  pen.beginPath();
  pen.rect(left * width, top * height, (right - left) * width, (bottom - top) * height);
  pen.setLineDash(track.visible ? [] : [4, 4]);
  stroke(COLOURS.box, 2);
  pen.setLineDash([]);
  const name = term('labels', track.label);
  label(`#${track.id} ${name} ${number(track.score, 2)}`, left * width - 1, top * height - 20, COLOURS.box, width, height);
}

// A dark line below a light one is seen by day and by night.
function stroke(colour, width) {
  pen.lineJoin = 'round';
  pen.strokeStyle = COLOURS.shade;
  pen.lineWidth = width + 2;
  pen.stroke();
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke();
}

function label(text, x, y, colour, width, height) {
  pen.font = '500 12px system-ui, "Noto Sans", "Liberation Sans", sans-serif';
  pen.textBaseline = 'middle';
  const wide = pen.measureText(text).width + 10;
  const left = Math.max(0, Math.min(x, width - wide));
  let top = Math.max(0, Math.min(y, height - LABEL));
  const covers = (other) => other.left < left + wide && left < other.right && Math.abs(other.top - top) < LABEL;
  for (let other = placed.find(covers); other && other.top > LABEL; other = placed.find(covers)) top = other.top - LABEL - 1;
  placed.push({ left, right: left + wide, top });
  pen.fillStyle = COLOURS.shade;
  pen.fillRect(left, top, wide, LABEL);
  pen.fillStyle = colour;
  pen.fillText(text, left + 5, top + 9.5);
}

// --- one look after another

async function next() {
  terms ??= await (await answered(fetch('terms.json'))).json();
  const state = await (await answered(fetch(`state?number=${asked}`))).json();
  say(state);
  if (state.number === asked) return;
  asked = state.number;
  const picture = await fetch(`picture?number=${asked}`);
  if (!picture.ok) return; // a newer one has come meanwhile
  const bitmap = await createImageBitmap(await picture.blob());
  shown?.bitmap.close();
  shown = { state, bitmap };
  at('empty').hidden = true;
  draw();
}

async function answered(asking) {
  const answer = await asking;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer;
}

async function follow() {
  for (;;) {
    try {
      await next();
    } catch {
      link(words.ended, true);
      await new Promise((resume) => setTimeout(resume, RETRY_MS));
    }
  }
}

for (const each of document.querySelectorAll('[data-word]')) each.textContent = words[each.dataset.word];
at('language').textContent = words.other;
at('language').href = `?lang=${LANGUAGE === 'id' ? 'en' : 'id'}`;
for (const layer of Object.keys(layers)) {
  at(`layer-${layer}`).addEventListener('click', (click) => {
    layers[layer] = !layers[layer];
    click.currentTarget.setAttribute('aria-pressed', layers[layer]);
    draw();
  });
}
new ResizeObserver(draw).observe(at('stage'));
link(words.connecting, false);
follow();
