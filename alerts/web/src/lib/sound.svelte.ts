import { AGAIN_MS, heard, insists, MELODIES } from './melody';
import { keep, kept } from './memory';
import type { Severity } from './model';
import { NONE, type Incidents } from './queue';

let muted = $state(kept('muted') === 'yes');
/** Browsers play nothing before somebody has touched the page. */
let awake = $state(false);
let context: AudioContext | undefined;

/** What is listened to. */
interface Watched {
  readonly incidents: Incidents;
  readonly loading: 'loading' | 'ready' | 'failed';
}

export const sound = {
  /** All but the gravest are silent. */
  get muted(): boolean {
    return muted;
  },
  get awake(): boolean {
    return awake;
  },
  toggle(): void {
    muted = !muted;
    keep('muted', muted ? 'yes' : 'no');
    if (!muted) play(3);
  },
};

function play(severity: Severity): void {
  if (context?.state !== 'running') return;
  for (const { at, length, hertz, loudness } of MELODIES[severity]) {
    const begins = context.currentTime + at;
    const tone = new OscillatorNode(context, { frequency: hertz, type: 'triangle' });
    const volume = new GainNode(context, { gain: 0 });
    // Without a slope at either end a tone clicks.
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(loudness, begins + 0.02);
    volume.gain.setValueAtTime(loudness, begins + length - 0.03);
    volume.gain.linearRampToValueAtTime(0, begins + length);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + length);
  }
}

/** Lets a desk be heard; call it while a component is set up. What was there before the page was opened is silent. */
export function listen(desk: Watched): void {
  let before = NONE;
  let primed = false;

  $effect(() => {
    const now = desk.incidents;
    if (desk.loading !== 'ready') return;
    const severity = primed ? heard(before, now, muted) : null;
    primed = true;
    before = now;
    if (severity !== null) play(severity);
  });

  const insisting = $derived(awake && insists(desk.incidents));
  $effect(() => {
    if (!insisting) return;
    const timer = setInterval(() => play(1), AGAIN_MS);
    return () => clearInterval(timer);
  });

  $effect(() => {
    context = new AudioContext();
    const now = context;
    const look = (): void => void (awake = now.state === 'running');
    const wake = (): void => void now.resume().catch(() => undefined);
    now.addEventListener('statechange', look);
    look();
    for (const event of ['pointerdown', 'keydown']) addEventListener(event, wake);
    return () => {
      for (const event of ['pointerdown', 'keydown']) removeEventListener(event, wake);
      now.removeEventListener('statechange', look);
      void now.close();
      context = undefined;
      awake = false;
    };
  });
}
