// Counting how talk and body work alternated: inside sessions only, by what the content says of each element.
import { readFileSync } from 'node:fs';
import type { CodeSystem } from '@medplum/fhirtypes';
import { alternationOf, elementModes } from '../../../src/course/session/alternation.ts';

const file = new URL('../../../fhir-profiles/terminology/CodeSystem-pss-element.json', import.meta.url);
const modes = elementModes(JSON.parse(readFileSync(file, 'utf8')) as CodeSystem);
const dose = (code: string, minutes: number) => ({
  element: { code },
  minutes,
  source: 'Procedure/x',
  encounter: 'Encounter/x',
});

describe('the alternation of talk and body work', () => {
  it('counts minutes of each and the changes inside a session, not those between sessions', () => {
    const first = [dose('education', 10), dose('body-oriented', 15), dose('cbt', 5)];
    const second = [dose('activation', 20), dose('body-oriented', 10)];
    expect(alternationOf([first, second], modes)).toEqual({ talkMinutes: 15, bodyMinutes: 45, switches: 2 });
  });

  it('leaves out an element of which the content does not say what it is', () => {
    expect(alternationOf([[dose('education', 10), dose('other', 5), dose('cbt', 5)]], modes)).toEqual({
      talkMinutes: 15,
      bodyMinutes: 0,
      switches: 0,
    });
  });

  it('is nothing for a course without a session', () => {
    expect(alternationOf([], modes)).toEqual({ talkMinutes: 0, bodyMinutes: 0, switches: 0 });
  });
});
