// Stored text is read by a shorter way than a client's; each number must still come out as it was written.
import fc from 'fast-check';
import { parseJson, parseWritten, toJson } from '../../../src/fhir/json.ts';

const digits = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: least, maxLength: most });

/** Numbers in every form that JSON allows and a double can hold. */
const written = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'.split('')), digits(0, 20)).map((parts) => parts.join('')),
    ),
    fc.oneof(
      fc.constant(''),
      digits(1, 20).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(fc.constant(''), fc.constantFrom('e2', 'E+3', 'e-5')),
  )
  .map((parts) => parts.join(''));

it('numbers come out of stored text as they went in, in objects and in arrays', () => {
  fc.assert(
    fc.property(written, written, (first, second) => {
      const stored = toJson(parseJson(`{"value":${first},"list":[${second},1]}`));
      expect(stored).toBe(`{"value":${first},"list":[${second},1]}`);
      expect(toJson(parseWritten(stored))).toBe(stored);
    }),
    { numRuns: 2_000 },
  );
});
