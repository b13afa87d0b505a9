// What each primitive type of R4 takes and refuses. https://hl7.org/fhir/R4/datatypes.html#primitive
import { primitiveOf } from '../../../src/fhir/validation/primitives.ts';
import { processorMs } from '../../support/processor-time.ts';

function faultOf(type: string, value: string | number): string | undefined {
  const primitive = primitiveOf(type);
  if (primitive?.jsType === 'string' && typeof value === 'string') return primitive.fault(value);
  if (primitive?.jsType === 'number' && typeof value === 'number') return primitive.fault(value);
  throw new Error(`${type} is not written as a JSON ${typeof value}`);
}

const megabyte = 1024 * 1024;
const blank = 'String must contain non-whitespace content';
const tooLong = 'String cannot be larger than 1 MB';

const taken: Readonly<Record<string, readonly (string | number)[]>> = {
  base64Binary: ['QUJD', 'QUI=', 'QQ==', 'A'.repeat(1_398_100)],
  canonical: ['https://example.org/a|1.0', '#a', 'urn:a', 'ä'],
  code: ['a', 'in-progress', 'two words', '/min', 'ä'],
  date: ['2026', '2026-12', '2024-02-29', '2000-02-29', '0001-01-31', '2026-04-30'],
  dateTime: [
    '2026',
    '2026-12',
    '2026-12-31',
    '2026-12-31T23:59:60Z',
    '2026-12-31T00:00:00.123456789+14:00',
    '2026-12-31T00:00:00-13:59',
    '2024-02-29T10:00:00Z',
  ],
  decimal: [0, -1.5, 1e300],
  id: ['a', 'A-1.b', 'x'.repeat(64)],
  instant: ['2026-12-31T10:00:00Z', '2026-12-31T10:00:00.1+01:00'],
  integer: [0, -2_147_483_648, 2_147_483_647],
  markdown: ['# a\n\n\tb', 'x'.repeat(megabyte)],
  oid: ['urn:oid:1.2.3', 'urn:oid:2.0.10'],
  positiveInt: [1, 2_147_483_647],
  string: ['a', ' a ', 'ä\r\n\t😀', 'x'.repeat(megabyte)],
  time: ['00:00:00', '23:59:60.5'],
  unsignedInt: [0, 2_147_483_647],
  uri: ['urn:uuid:a', 'https://example.org', '#a', 'ä'],
  url: ['https://example.org', 'mailto:a@example.org'],
  uuid: ['urn:uuid:7e0ba35c-1f5c-4b0c-b2a9-66f0c7fcb0b0'],
  xhtml: ['<div/>'],
};

const refused: readonly (readonly [type: string, value: string | number, fault: string])[] = [
  ['base64Binary', 'QUJ', 'Invalid base64Binary format'],
  ['base64Binary', 'QQ=', 'Invalid base64Binary format'],
  ['base64Binary', '====', 'Invalid base64Binary format'],
  ['base64Binary', 'QQ==QQ==', 'Invalid base64Binary format'],
  ['base64Binary', 'Q J=', 'Invalid base64Binary format'],
  ['base64Binary', 'Q-_D', 'Invalid base64Binary format'],
  ['base64Binary', 'A'.repeat(1_398_104), 'base64Binary exceeds 1048576 bytes'],
  ['canonical', 'a b', 'Invalid canonical format'],
  ['code', ' a', 'Invalid code format'],
  ['code', 'a ', 'Invalid code format'],
  ['code', 'a  b', 'Invalid code format'],
  ['code', 'a\tb', 'Invalid code format'],
  ['code', '\u00a0', blank],
  ...['26', '0000', '2026-00', '2026-13', '2026-1', '2026-01-32', '2026-01-00', '2026-01-01T', ' 2026'].map(
    (value) => ['date', value, 'Invalid date format'] as const,
  ),
  ...['2026-02-29', '1900-02-29', '2026-04-31', '2024-02-30'].map(
    (value) => ['date', value, 'Invalid date value'] as const,
  ),
  ...[
    '2026-12-31T23:59:59',
    '2026-12-31T23:59Z',
    '2026-12-31T24:00:00Z',
    '2026-12-31T10:60:00Z',
    '2026-12-31T10:00:61Z',
    '2026-12-31T10:00:00.1234567890Z',
    '2026-12-31T10:00:00.Z',
    '2026-12-31T10:00:00+14:01',
    '2026-12-31T10:00:00z',
    '2026-12-31 10:00:00Z',
    '2026-12-31T10',
    '2026Z',
    '2026-12-31Z',
  ].map((value) => ['dateTime', value, 'Invalid dateTime format'] as const),
  ['dateTime', '2026-02-29T10:00:00Z', 'Invalid dateTime value'],
  ['decimal', Number.POSITIVE_INFINITY, 'Invalid numeric value'],
  ['decimal', Number.NaN, 'Invalid numeric value'],
  ['id', 'x'.repeat(65), 'Invalid id format'],
  ['id', 'a_b', 'Invalid id format'],
  ['id', 'a/b', 'Invalid id format'],
  ['id', 'a\n', 'Invalid id format'],
  ['instant', '2026-12-31', 'Invalid instant format'],
  ['instant', '2026-12-31T10:00:00', 'Invalid instant format'],
  ['instant', '2026-06-31T10:00:00Z', 'Invalid instant value'],
  ['integer', 1.5, 'Expected number to be an integer'],
  ['integer', Number.POSITIVE_INFINITY, 'Invalid numeric value'],
  ['integer', 2_147_483_648, 'Expected number to be in the range -2147483648..2147483647'],
  ['integer', -2_147_483_649, 'Expected number to be in the range -2147483648..2147483647'],
  ['markdown', ' \n', blank],
  ['markdown', 'x'.repeat(megabyte + 1), tooLong],
  ['oid', '1.2.3', 'Invalid oid format'],
  ['oid', 'urn:oid:3.1', 'Invalid oid format'],
  ['oid', 'urn:oid:1.02', 'Invalid oid format'],
  ['oid', 'urn:oid:1', 'Invalid oid format'],
  ['positiveInt', 0, 'Expected number to be in the range 1..2147483647'],
  ['positiveInt', 2_147_483_648, 'Expected number to be in the range 1..2147483647'],
  ['string', ' \t', blank],
  ['string', '\u2003', blank],
  ['string', 'a\u0000b', 'Invalid string format'],
  ['string', 'a\u001f', 'Invalid string format'],
  ['string', 'x'.repeat(megabyte + 1), tooLong],
  ['time', '24:00:00', 'Invalid time format'],
  ['time', '10:00', 'Invalid time format'],
  ['time', '10:00:00Z', 'Invalid time format'],
  ['unsignedInt', -1, 'Expected number to be in the range 0..2147483647'],
  ['unsignedInt', 0.5, 'Expected number to be an integer'],
  ['uri', 'a b', 'Invalid uri format'],
  ['uri', 'a\u3000b', 'Invalid uri format'],
  ['url', 'https://example.org/ a', 'Invalid url format'],
  ['uuid', '7e0ba35c-1f5c-4b0c-b2a9-66f0c7fcb0b0', 'Invalid uuid format'],
  ['uuid', 'urn:uuid:7E0BA35C-1F5C-4B0C-B2A9-66F0C7FCB0B0', 'Invalid uuid format'],
  ['xhtml', '\n', blank],
];

/** For the name of a test. */
const shown = (value: string | number): string => JSON.stringify(value).slice(0, 40);

describe('a primitive value', () => {
  const good = Object.entries(taken).flatMap(([type, values]) =>
    values.map((value) => [type, shown(value), value] as const),
  );
  it.each(good)('of type %s may be %s', (type, _, value) => {
    expect(faultOf(type, value)).toBeUndefined();
  });

  it.each(refused.map(([type, value, fault]) => [type, shown(value), value, fault] as const))(
    'of type %s may not be %s',
    (type, _, value, fault) => {
      expect(faultOf(type, value)).toBe(fault);
    },
  );

  it('is true or false when it is a boolean, and nothing else can be wrong with it', () => {
    expect(primitiveOf('boolean')).toEqual({ jsType: 'boolean' });
  });

  it.each(['Quantity', 'constructor', '__proto__', 'toString'])('has no type %s', (type) => {
    expect(primitiveOf(type)).toBeUndefined();
  });

  it.each(['code', 'id', 'dateTime', 'string', 'uri', 'oid', 'base64Binary', 'time', 'uuid'])(
    'of type %s is judged in no time, however it is made',
    (type) => {
      const startedMs = processorMs();
      for (const part of ['a ', '1.', 'urn:oid:1.', '2026-', ' ', '\n', 'A', '=']) {
        expect(faultOf(type, `${part.repeat(500_000 / part.length)}  \u0000`)).toEqual(expect.any(String));
      }
      expect(processorMs() - startedMs).toBeLessThan(1000);
    },
  );
});
