/** Whether a stream comes through the network, from what the browser counts of it: no network here. */

/** Totals since the stream began; `at` in milliseconds. */
export interface Counted {
  at: number;
  received: number;
  lost: number;
  frozenS: number;
}

export const LOOK_MS = 2000;
const MOST_LOST = 0.1;
const MOST_FROZEN = 0.5;
/** Looks one after another: a link that stumbles finds its feet again. */
const BAD = 3;

export class Uplink {
  #last: Counted | undefined;
  #bad = 0;

  /** One look more; true once so much was lost, or stood still, for so long that single pictures show more. */
  fails(now: Counted): boolean {
    const last = this.#last;
    this.#last = now;
    if (last === undefined) return false;
    const lost = now.lost - last.lost;
    const share = lost / Math.max(1, lost + now.received - last.received);
    const frozen = (now.frozenS - last.frozenS) / Math.max(0.001, (now.at - last.at) / 1000);
    this.#bad = share > MOST_LOST || frozen > MOST_FROZEN ? this.#bad + 1 : 0;
    return this.#bad >= BAD;
  }
}

/** What a connection counts of the video that it receives; undefined before any came. */
export function counted(report: RTCStatsReport): Counted | undefined {
  for (const entry of report.values() as Iterable<RTCInboundRtpStreamStats>)
    if (entry.type === 'inbound-rtp')
      return { at: entry.timestamp, received: entry.packetsReceived ?? 0, lost: entry.packetsLost ?? 0, frozenS: entry.totalFreezesDuration ?? 0 };
  return undefined;
}
