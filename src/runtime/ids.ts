// Where new identifiers come from, so that tests can count them.
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Returns a fresh logical id: a UUID, which fits the R4 id pattern [A-Za-z0-9\-.]{1,64}. */
export type NewId = () => string;

/** Of which one decides only two bits. */
const randomDigitsPerId = 19;
const idsPerDraw = 128;
/** RFC 9562 section 4.1: the two highest bits of the ninth byte are 10. */
const variants = '89ab';

/**
 * UUIDs version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits. Ids of one time lie together in the
 * database's index, so that a group of new resources touches one page of it instead of one page each.
 */
export function timeOrderedIds(clock: Clock): NewId {
  let random = '';
  let used = 0;
  let latestMs = -1;
  let latestTime = '';
  return () => {
    if (used === random.length) {
      // An even number of digits, and many ids' worth at once: a draw costs more than what is done with it.
      random = randomBytes((randomDigitsPerId * idsPerDraw) / 2).toString('hex');
      used = 0;
    }
    const nowMs = clock.now().getTime();
    if (nowMs !== latestMs) {
      const time = nowMs.toString(16).padStart(12, '0');
      latestTime = `${time.slice(0, 8)}-${time.slice(8)}-7`;
      latestMs = nowMs;
    }
    const from = used;
    used += randomDigitsPerId;
    const variant = variants.charAt(Number.parseInt(random.charAt(from), 16) & 0x3);
    return `${latestTime}${random.slice(from + 1, from + 4)}-${variant}${random.slice(from + 4, from + 7)}-${random.slice(from + 7, used)}`;
  };
}
