// R4 decimals carry their precision in their text: 1.10 is not 1.1 to a clinician (https://hl7.org/fhir/R4/datatypes.html#decimal).
import fc from 'fast-check';
import { copyExact, mapStrings, parseJson, toJson } from '../../../src/fhir/json.ts';

describe('numbers', () => {
  it.each([
    '{"value":1.10}',
    '[1.0,1.00,-0,0.0,-1.50,1e2,1E2,1e+2,0.0000001,12345678901234567890,0.1234567890123456789]',
    '{"a":{"b":[{"c":37.50},{"c":37.5}]},"d":2.0}',
  ])('come out as they were written: %s', (text) => {
    expect(toJson(parseJson(text))).toBe(text);
  });

  it('are ordinary numbers to the program', () => {
    expect(parseJson('{"value":1.10}')).toEqual({ value: 1.1 });
  });

  it('keep their text inside a copy of what holds them', () => {
    const resource = parseJson('{"valueQuantity":{"value":1.10}}') as object;
    expect(toJson({ ...resource, id: 'a' })).toBe('{"valueQuantity":{"value":1.10},"id":"a"}');
  });

  it('need copyExact where the copied object holds the number itself', () => {
    const charge = parseJson('{"factorOverride":1.10}') as object;
    expect(toJson({ ...charge })).toBe('{"factorOverride":1.1}');
    expect(toJson(copyExact(charge, { ...charge, id: 'a' }))).toBe('{"factorOverride":1.10,"id":"a"}');
  });

  it('lose their text when somebody changes them', () => {
    const quantity = parseJson('{"value":1.10}') as object;
    expect(toJson(copyExact(quantity, { ...quantity, value: 2 }))).toBe('{"value":2}');
  });
});

describe('an answer that was put together', () => {
  it('keeps a decimal however deep the object or the array lies that holds it', () => {
    const range = parseJson('{"low":{"value":1.0,"unit":"mg"},"high":null}');
    const list = parseJson('["a",[2.50,{"b":null}]]');
    expect(
      toJson({
        contained: [
          { count: 1, range },
          { text: 'x', list },
        ],
        total: 2,
      }),
    ).toBe(
      '{"contained":[{"count":1,"range":{"low":{"value":1.0,"unit":"mg"},"high":null}},{"text":"x","list":["a",[2.50,{"b":null}]]}],"total":2}',
    );
  });
});

describe('mapStrings', () => {
  it('changes strings by their key, keeps numbers as written, and leaves the original alone', () => {
    const text =
      '{"reference":"urn:uuid:1","list":["a",{"reference":"urn:uuid:2","value":1.10}],"flag":true,"none":null}';
    const original = parseJson(text);
    const copy = mapStrings(original, (value, key) =>
      key === 'reference' ? `Patient/${value.slice(9)}` : value,
    );
    expect(toJson(copy)).toBe(
      '{"reference":"Patient/1","list":["a",{"reference":"Patient/2","value":1.10}],"flag":true,"none":null}',
    );
    expect(toJson(original)).toBe(text);
  });

  it('gives the strings of an array the key of the array', () => {
    const keys: string[] = [];
    mapStrings({ profile: ['a', ['b']] }, (value, key) => {
      keys.push(`${key}:${value}`);
      return value;
    });
    expect(keys).toEqual(['profile:a', 'profile:b']);
  });
});

describe('any JSON', () => {
  it('comes out of toJson as JSON.stringify writes it, when no number was written oddly', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.stringify(JSON.parse(text));
        fc.pre(!plain.includes('__proto__') && plain.isWellFormed() && !/\\ud[89a-f]|\\u0000/.test(plain));
        expect(toJson(parseJson(plain))).toBe(plain);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
