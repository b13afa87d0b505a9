// Where new identifiers come from, so that tests can count them.
import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Returns a fresh logical id: a UUID, which fits the R4 id pattern [A-Za-z0-9\-.]{1,64}. */
export type NewId = () => string;

const randomBytesPerId = 10;
const idsPerDraw = 128;
const variants = '89ab';

/**
 * UUIDs version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits. Ids of one time lie together in the
 * database's index, so that a group of new resources touches one page of it instead of one page each.
 */
export function timeOrderedIds(clock: Clock): NewId {
  const random = Buffer.alloc(randomBytesPerId * idsPerDraw);
  let used = random.length;
  let latestMs = -1;
  let latestTime = '';
  return () => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    const nowMs = clock.now().getTime();
    if (nowMs !== latestMs) {
      const time = nowMs.toString(16).padStart(12, '0');
      latestTime = `${time.slice(0, 8)}-${time.slice(8)}-7`;
      latestMs = nowMs;
    }
    const noise = random.toString('hex', used, used + randomBytesPerId);
    used += randomBytesPerId;
    // RFC 9562 section 4.1: the two highest bits of the ninth byte are 10.
    const variant = variants.charAt((random[used - randomBytesPerId + 1] ?? 0) & 0x3);
    return `${latestTime}${noise.slice(0, 3)}-${variant}${noise.slice(4, 7)}-${noise.slice(8, 20)}`;
  };
}
