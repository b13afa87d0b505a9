// The rules of a pair by themselves: who is one, and what each of the two is asked to do.
import type { CareTeam } from '@medplum/fhirtypes';
import { pairOf, pairTask, pairTeam } from '../../../src/course/group/pair-resources.ts';
import { asItIs } from '../../../src/course/said.ts';
import { isForThePersonAlone, mayBeForThePersonAlone } from '../../../src/fhir/for-the-person-alone.ts';
import { practitionerOf } from '../../../src/fhir/practitioner-record.ts';

const two = { patient: 'Patient/a', therapist: 'Practitioner/b' };
const team = pairTeam('t', two, { runId: 'run', start: '2026-12-01' }, asItIs('Pair'));
const content = {
  title: 'Prepare',
  runId: 'run',
  start: '2026-12-01',
  end: '2026-12-08',
  authoredOn: '2026-11-20T09:00:00Z',
};

describe('a team is a pair', () => {
  it('when it says so and has one of each', () => {
    expect(pairOf(team)).toEqual(two);
  });

  it.each<readonly [string, CareTeam]>([
    ['when it does not say so', { ...team, category: [{ text: 'pair' }] }],
    ['without a therapist', { ...team, participant: team.participant?.slice(0, 1) }],
    ['without anybody', { ...team, participant: undefined }],
  ])('and is none %s', (_, other) => {
    expect(pairOf(other)).toBeUndefined();
  });
});

describe('what is asked', () => {
  it('of a patient is in the patient’s record, and is shared with whoever takes part in their care', () => {
    const task = pairTask('t', { ...content, who: 'Patient/a', carePlan: 'CarePlan/c' });
    expect([practitionerOf(task), isForThePersonAlone(task), task.basedOn]).toEqual([
      undefined,
      false,
      [{ reference: 'CarePlan/c' }],
    ]);
  });

  it('of a therapist is the therapist’s own, and refers to nothing of the patient', () => {
    const task = pairTask('t', { ...content, who: 'Practitioner/b' });
    expect([practitionerOf(task), isForThePersonAlone(task), task.basedOn]).toEqual(['b', true, undefined]);
    expect(mayBeForThePersonAlone(JSON.stringify(task))).toBe(true);
  });
});

describe('answers are a practitioner’s own', () => {
  const about = (reference: string) => ({
    resourceType: 'QuestionnaireResponse' as const,
    status: 'completed' as const,
    subject: { reference },
  });

  it('by their subject, also where its address is not this server’s, and not by their author', () => {
    expect(practitionerOf(about('Practitioner/b'))).toBe('b');
    const elsewhere = about('https://elsewhere.example/fhir/Practitioner/b');
    expect([practitionerOf(elsewhere), isForThePersonAlone(elsewhere)]).toEqual([undefined, true]);
    const byPractitioner = { ...about('Patient/a'), author: { reference: 'Practitioner/b' } };
    expect([practitionerOf(byPractitioner), isForThePersonAlone(byPractitioner)]).toEqual([undefined, false]);
  });

  it('and a role or a practitioner without an id has none', () => {
    expect(practitionerOf(about('PractitionerRole/b'))).toBeUndefined();
    expect(practitionerOf(about('Practitioner/'))).toBeUndefined();
  });
});
