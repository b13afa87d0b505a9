// UUIDs version 5, compared with the example of RFC 9562 and with the platform's own SHA-1.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { idsWithin } from '../../../src/fhir/deterministic-id.ts';

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
