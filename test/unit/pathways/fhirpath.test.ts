// The expressions of plans: compiled once, no hidden clock, no throwing, no console.
import { compileFhirPath, type FhirPath, fhirPathTime } from '../../../src/fhir/fhirpath.ts';

function compiled(text: string): FhirPath {
  const path = compileFhirPath(text);
  if (path.kind === 'malformed') throw new Error(path.message);
  return path;
}

describe('an expression', () => {
  it('says which variables it reads, without what the language itself provides', () => {
    expect(compiled('%phq15.value > 1 and %`open flags`.empty() and %resource.id = %ucum').variables).toEqual(
      ['phq15', 'open flags'],
    );
  });

  it('is compiled once', () => {
    expect(compileFhirPath('%a.exists()')).toBe(compileFhirPath('%a.exists()'));
  });

  it.each([
    ['now()', 'now() reads the wall clock; use %now'],
    ['%patient.birthDate < today()', 'today() reads the wall clock; use %today'],
    ['timeOfDay() > @T12:00', 'timeOfDay() reads the wall clock; use %now'],
  ])('that reads the clock is refused: %s', (text, message) => {
    expect(compileFhirPath(text)).toEqual({ kind: 'malformed', message });
  });

  it('that does not parse is refused, not thrown', () => {
    expect(compileFhirPath('%a.(').kind).toBe('malformed');
  });

  it('that fails while it runs says so', () => {
    expect(compiled('%unheard.exists()').evaluate({}, {})).toEqual({
      kind: 'failed',
      message: 'Attempting to access an undefined environment variable: unheard',
    });
  });

  it('compares dates with the date that it is given', () => {
    const grown = compiled('%patient.birthDate + 18 years <= %today');
    const patient = { resourceType: 'Patient', birthDate: '2008-11-20' };
    const on = (day: string) => grown.evaluate(patient, { patient, today: fhirPathTime(day) });
    expect(on('2026-11-19')).toEqual({ kind: 'values', values: [false] });
    expect(on('2026-11-20')).toEqual({ kind: 'values', values: [true] });
  });

  it('gives nothing when a birth date of a year alone does not decide it', () => {
    const grown = compiled('%patient.birthDate + 18 years <= %today');
    const patient = { resourceType: 'Patient', birthDate: '2008' };
    expect(grown.evaluate(patient, { patient, today: fhirPathTime('2026-11-20') })).toEqual({
      kind: 'values',
      values: [],
    });
  });

  it.each([
    [[]],
    [[{ resourceType: 'Flag' }]],
    [[{ resourceType: 'Flag' }, { resourceType: 'Flag' }]],
    [{ resourceType: 'Flag' }],
    [null],
    [undefined],
    ['text'],
  ])('that only asks whether a list holds anything says what the engine says: %j', (flags) => {
    for (const question of ['empty', 'exists']) {
      const byEngine = compiled(`(%flags).${question}()`).evaluate({}, { flags });
      expect(byEngine.kind).toBe('values');
      expect(compiled(`%flags.${question}()`).evaluate({}, { flags })).toEqual(byEngine);
    }
  });

  it.each(['%flags.empty()', '%flags.exists()'])('that asks about what is not there fails: %s', (text) => {
    expect(compiled(text).evaluate({}, {})).toEqual({
      kind: 'failed',
      message: 'Attempting to access an undefined environment variable: flags',
    });
  });

  it('changes nothing that it reads', () => {
    const observation = Object.freeze({ resourceType: 'Observation', valueInteger: 3 });
    expect(compiled("%a.trace('x').value = 3").evaluate({}, { a: Object.freeze([observation]) })).toEqual({
      kind: 'values',
      values: [true],
    });
  });
});
