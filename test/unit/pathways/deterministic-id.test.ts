// UUIDs version 5, compared with the example of RFC 9562 and with the platform's own SHA-1; and version 8, for parts of wholes.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { idOfPart, idsWithin, namesWithin } from '../../../src/fhir/deterministic-id.ts';

const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

function byPlatform(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('a deterministic id', () => {
  it('is the one of RFC 9562 for its example', () => {
    expect(idsWithin(dns)('www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('agrees with the SHA-1 of the platform for any name in any namespace', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 200 }), (namespace, name) => {
        expect(idsWithin(namespace)(name)).toBe(byPlatform(namespace, name));
      }),
    );
  });
});

describe('the id of a part of a whole', () => {
  const wholes = namesWithin('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
  const parts = namesWithin('6ba7b811-9dad-11d1-80b4-00c04fd430c8');
  const idOf = (whole: string, part: string) => idOfPart(wholes(whole), parts(part));
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 80 }), {
    minLength: 1,
    maxLength: 20,
  });

  it('is a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (whole, part) => {
        expect(idOf(whole, part)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(idOf(whole, part)).toBe(idOf(whole, part));
      }),
    );
  });

  it('is the exclusive or of the two hashes of the platform', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (whole, part) => {
        const hashes = [byPlatform(dns, whole), byPlatform('6ba7b811-9dad-11d1-80b4-00c04fd430c8', part)];
        const [a, b] = hashes.map((uuid) => BigInt(`0x${uuid.replaceAll('-', '')}`));
        const joined = ((a ?? 0n) ^ (b ?? 0n)).toString(16).padStart(32, '0');
        const hex = idOf(whole, part).replaceAll('-', '');
        // The version and the variant are not the hashes' own.
        expect(hex.slice(0, 12) + hex.slice(13, 16) + hex.slice(17)).toBe(
          joined.slice(0, 12) + joined.slice(13, 16) + joined.slice(17),
        );
      }),
    );
  });

  it('is another one for any other part and any other whole', () => {
    fc.assert(
      fc.property(names, names, (some, others) => {
        const ids = some.flatMap((whole) => others.map((part) => idOf(whole, part)));
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});
