// Ids that follow from what they name, so that the same question twice gets the same ids: UUID version 5 for one name,
// version 8 for a part of a whole. RFC 9562 sections 5.5 and 5.8. SHA-1 names things here; it protects nothing.

const encoder = new TextEncoder();
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The first 128 bits of a hash, as four words. */
export type HashedName = readonly [number, number, number, number];

/** Makes UUIDs version 5 within the namespace of another UUID. */
export function idsWithin(namespace: string): (name: string) => string {
  const hashed = namesWithin(namespace);
  return (name) => uuidFrom(hashed(name), 5);
}

/**
 * The id (UUID version 8) of a part within a whole, each hashed once however many ids they come to share in. Because the two
 * hashes are joined by exclusive or, different parts of one whole never get the same id, nor does one part in different
 * wholes, unless SHA-1 itself gives them the same bits. Wholes and parts are hashed within different namespaces.
 */
export function idOfPart(whole: HashedName, part: HashedName): string {
  return uuidFrom([whole[0] ^ part[0], whole[1] ^ part[1], whole[2] ^ part[2], whole[3] ^ part[3]], 8);
}

/** Hashes names within the namespace of a UUID. */
export function namesWithin(namespace: string): (name: string) => HashedName {
  const prefix = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  return (name) => {
    const bytes = encoder.encode(name);
    const length = prefix.length + bytes.length;
    const padded = new Uint8Array(((length + 8) >> 6) * 64 + 64);
    padded.set(prefix);
    padded.set(bytes, prefix.length);
    return sha1(padded, length);
  };
}

function uuidFrom([a, b, c, d]: HashedName, kind: 5 | 8): string {
  const version = (b & 0xffff0fff) | (kind << 12);
  const variant = (c & 0x3fffffff) | 0x80000000;
  return `${eight(a)}-${two(version >>> 16)}-${two(version)}-${two(variant >>> 16)}-${two(variant)}${eight(d)}`;
}

const two = (word: number): string => `${hexOf[(word >>> 8) & 0xff]}${hexOf[word & 0xff]}`;
const eight = (word: number): string => two(word >>> 16) + two(word);

const schedule = new Int32Array(80);

/** FIPS 180-4 section 6.1. `padded` is the message and zeros up to a multiple of 64 bytes; `length` is the message's own. */
function sha1(padded: Uint8Array, length: number): HashedName {
  const view = new DataView(padded.buffer);
  padded[length] = 0x80;
  view.setUint32(padded.length - 4, length * 8);
  let h0 = 0x67452301;
  let h1 = 0xefcdab89 | 0;
  let h2 = 0x98badcfe | 0;
  let h3 = 0x10325476;
  let h4 = 0xc3d2e1f0 | 0;
  for (let offset = 0; offset < padded.length; offset += 64) {
    fillSchedule(view, offset);
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    for (let round = 0; round < 80; round += 1) {
      const turned = (a << 5) | (a >>> 27);
      const next = (turned + mixed(round, b, c, d) + e + (schedule[round] ?? 0)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    h0 = (h0 + a) | 0;
    h1 = (h1 + b) | 0;
    h2 = (h2 + c) | 0;
    h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0;
  }
  return [h0, h1, h2, h3];
}

function fillSchedule(view: DataView, offset: number): void {
  for (let word = 0; word < 16; word += 1) {
    schedule[word] = view.getInt32(offset + 4 * word);
  }
  for (let word = 16; word < 80; word += 1) {
    const mix =
      (schedule[word - 3] ?? 0) ^
      (schedule[word - 8] ?? 0) ^
      (schedule[word - 14] ?? 0) ^
      (schedule[word - 16] ?? 0);
    schedule[word] = (mix << 1) | (mix >>> 31);
  }
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}
