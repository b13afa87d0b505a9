// The eight people of an invented group with two leaders, its days, and who was there on one.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { to } from './story-moves.ts';
import type { Person } from './story-world.ts';

const names = ['Mia', 'Noor', 'Oda', 'Pien', 'Roos', 'Sanne', 'Tess', 'Vera'] as const;
export const memberIds = names.map((name) => name.toLowerCase());
export const leaders = ['leader', 'second-leader'] as const;

const leading = (id: string): Person => ({
  role: 'therapist',
  resource: { resourceType: 'Practitioner', id, name: [{ text: `Invented ${id}` }] },
});
const members: Readonly<Record<string, Person>> = Object.fromEntries(
  names.map((given): [string, Person] => [
    given.toLowerCase(),
    {
      role: 'patient',
      resource: {
        resourceType: 'Patient',
        id: given.toLowerCase(),
        name: [{ given: [given], family: `Invented${given}` }],
        // The leader treats them already; the run itself ties the second leader to them.
        generalPractitioner: [{ reference: 'Practitioner/gp' }, { reference: 'Practitioner/leader' }],
      },
    },
  ]),
);

export const groupPeople: Readonly<Record<string, Person>> = {
  leader: leading('leader'),
  'second-leader': leading('second-leader'),
  ...members,
};

/** By the plan's shortest distance, each with a theme of its day. */
export const days = [
  ['2026-09-07', 'fibromyalgia'],
  ['2026-09-21', 'stress'],
  ['2026-10-05', 'sleep'],
  ['2026-10-19', 'identity'],
  ['2026-11-02', 'practical-adjustments'],
  ['2026-11-16', 'body-signals'],
  ['2026-11-30', 'turning-points'],
  ['2026-12-14', 'supporters'],
] as const;

export const number = (name: string, valueInteger: number): ParametersParameter => ({ name, valueInteger });
export const coded = (name: string, valueCode: string): ParametersParameter => ({ name, valueCode });
export const presence = (
  id: string,
  code: string,
  ...more: readonly ParametersParameter[]
): ParametersParameter => ({
  name: 'attendance',
  part: [to('member', `Patient/${id}`), coded('presence', code), ...more],
});
export const everybody = (but: Readonly<Record<string, ParametersParameter>> = {}) =>
  memberIds.map((id) => but[id] ?? presence(id, 'present'));
export const theme = (code: string): ParametersParameter => ({
  name: 'theme',
  part: [coded('code', code), number('minutes', 90)],
});
