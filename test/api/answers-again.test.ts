// An Observation that calls somebody in and is written again, withdrawn, moved, deleted, or made of a form; and whom it calls in.
import { readFileSync } from 'node:fs';
import type {
  Bundle,
  BundleEntry,
  Observation,
  Parameters,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import { importBatch } from '../../src/workflows/bundles/import-batch.ts';
import {
  base,
  bundle,
  chosen,
  endAll,
  flagsOf,
  found,
  kept,
  loinc,
  looked,
  negative,
  notesOf,
  observation,
  okay,
  positive,
  question9,
  raisedFor,
  refused,
  type Said,
  sameDay,
  send,
  somebody,
  startHearing,
  tasksOf,
} from '../support/hearing.ts';
import type { TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startHearing();
});
afterAll(() => service.stop());

describe('an answer that is written again', () => {
  it('calls nobody a second time while it says the same, or less; once somebody has ended it, more calls anew', async () => {
    const patient = await somebody();
    await kept(patient, 'again', { code: question9, valueInteger: 2 });
    await kept(patient, 'again', { code: question9, valueInteger: 2, note: [{ text: 'as told' }] });
    await kept(patient, 'again', { code: question9, ...chosen('LA6570-1') });
    await kept(patient, 'again', { code: question9, valueInteger: 3, status: 'amended' });
    expect(await raisedFor(patient)).toEqual([sameDay]);
    await endAll(patient);
    await kept(patient, 'again', { code: question9, valueInteger: 3 });
    await kept(patient, 'again', { code: question9, valueInteger: 1 });
    expect((await tasksOf(patient)).map(({ status }) => status)).toEqual(['completed']);
    await kept(patient, 'again', { code: question9, valueInteger: 3 });
    expect((await tasksOf(patient)).map(({ status }) => status).toSorted()).toEqual([
      'completed',
      'requested',
    ]);
  });

  it.each([
    ['changed to 0', negative],
    ['withdrawn', { ...positive, status: 'entered-in-error' }],
    ['taken out', { code: question9 }],
  ] satisfies [string, Said][])(
    'is not ended by being %s: whoever was called is told, once',
    async (how, said) => {
      const patient = await somebody();
      const id = `back-${how.replaceAll(' ', '-')}`;
      await kept(patient, id, positive);
      await kept(patient, id, said);
      await kept(patient, id, { ...said, note: [{ text: 'once more' }] });
      expect(await raisedFor(patient)).toEqual([sameDay]);
      expect(await notesOf(patient)).toEqual([
        [expect.stringMatching(/^This answer was given, and then it was taken back/)],
      ]);
    },
  );

  it('is not ended by an import that changes it, nor by one that brings it again', async () => {
    const patient = await somebody();
    const context = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, 'import');
    const imports = (said: Said) => importBatch(context, [{ ...observation(patient, said), id: 'imported' }]);
    for (const said of [negative, positive, positive, negative, negative]) {
      expect(await imports(said)).toEqual({ refused: [], remarked: [] });
    }
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
  });

  it('calls for the person whom it is about, when it was first kept in the record of another', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await kept(first, 'moved', positive);
    await kept(second, 'moved', positive);
    expect([await raisedFor(first), await raisedFor(second)]).toEqual([[sameDay], [sameDay]]);
    expect(await notesOf(first)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
    expect(await notesOf(second)).toEqual([[]]);
  });

  it('is not deleted', async () => {
    const patient = await somebody();
    await kept(patient, 'stays', positive);
    const answer = await send('delete', 'Observation/stays');
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'Observation.status',
        'this answer calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
      ),
    ]);
  });
});

describe('an answer about nobody whom this server knows', () => {
  it.each([
    ['no subject', undefined],
    ['a group', { reference: 'Group/some' }],
    ['a person by a number alone', { identifier: { system: 'urn:x', value: '1' } }],
    ['a person of another server', { reference: 'https://elsewhere.example/fhir/Patient/1' }],
  ])('is refused with what to do: %s', async (_, subject) => {
    const { subject: _patient, ...rest } = observation('', positive);
    const answer = await send('post', 'Observation', { ...rest, ...(subject && { subject }) });
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'Observation.subject',
        'this answer calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
      ),
    ]);
  });
});

const entriesOf = (answer: Parameters | Bundle): readonly BundleEntry[] => {
  const [returned] =
    answer.resourceType === 'Bundle' ? [answer] : (answer.parameter ?? []).map(({ resource }) => resource);
  return returned?.resourceType === 'Bundle' ? (returned.entry ?? []) : [];
};

describe('Observations that are made of a form of ours', () => {
  const example = JSON.parse(
    readFileSync('fhir-profiles/examples/QuestionnaireResponse-red-flags-bowel-present.json', 'utf8'),
  ) as QuestionnaireResponse;
  const signs = (patient: string) => ({ ...example, subject: { reference: patient } });

  it.each(['before', 'after'])(
    'call nobody a second time, extracted %s somebody has looked',
    async (when) => {
      const patient = await somebody();
      const made = await send('post', 'QuestionnaireResponse', signs(patient));
      expect(made.status).toBe(201);
      if (when === 'after') await endAll(patient);
      const extracted = await send('post', `QuestionnaireResponse/${made.body.id}/$extract`);
      const entry = entriesOf(extracted.body as Parameters | Bundle);
      expect(entry).toHaveLength(3);
      okay(await bundle('transaction', ...entry));
      expect(await tasksOf(patient)).toHaveLength(1);
      expect(await flagsOf(patient)).toHaveLength(1);
    },
  );

  it('call when they are changed to what the form did not say', async () => {
    const patient = await somebody();
    const made = await send('post', 'QuestionnaireResponse', signs(patient));
    const extracted = await send('post', `QuestionnaireResponse/${made.body.id}/$extract`);
    okay(await bundle('transaction', ...entriesOf(extracted.body as Parameters | Bundle)));
    const [sign] = await found<Observation>(
      `Observation?subject=${patient}&code=${base}/CodeSystem/red-flag|weight-loss`,
    );
    okay(await send('put', `Observation/${sign?.id}`, { ...sign, valueBoolean: true }));
    // The Task that stands already names this sign too.
    expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  });
});

describe('a person who is not there', () => {
  const asked = (status: string, patient: string) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${base}/Questionnaire/phq-9|1.0.0`,
    status,
    subject: { reference: patient },
    authored: '2026-11-20T08:55:00Z',
    item: [{ linkId: 'phq-9-9', answer: [{ valueCoding: { system: loinc, code: 'LA6569-3' } }] }],
  });
  const nobody = (type: string, patient: string) =>
    refused(
      `${type}.subject`,
      `an answer calls somebody in, and ${patient} is not stored here, so that nobody can be called: create the Patient first, or in the same transaction`,
    );

  it.each([
    ['never was', 'Patient/never'],
    ['was deleted', 'Patient/deleted'],
  ])('is not left alone: the answer is refused with what to do when the Patient %s', async (_, patient) => {
    if (patient === 'Patient/deleted') {
      okay(await send('put', patient, { resourceType: 'Patient', id: 'deleted' }));
      await send('delete', patient);
    }
    for (const [type, body] of [
      ['QuestionnaireResponse', asked('completed', patient)],
      ['QuestionnaireResponse', asked('stopped', patient)],
      ['QuestionnaireResponse', asked('in-progress', patient)],
      ['Observation', observation(patient, positive)],
    ] as const) {
      const answer = await send('post', type, body);
      expect([type, answer.status, answer.body]).toEqual([type, 422, nobody(type, patient)]);
    }
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
    expect(await found(`Observation?subject=${patient}`)).toEqual([]);
  });
});

describe('who is called in', () => {
  const unowned = (text: string) => [[text]];
  const keep = async (body: Resource) => okay(await send('put', `${body.resourceType}/${body.id}`, body));
  const isGone =
    'The general practitioner whom the record names is not active any more. Whoever watches over tasks without an owner takes this one.';
  const isElsewhere =
    'The general practitioner whom the record names is one of another server. Whoever watches over tasks without an owner takes this one.';

  beforeAll(async () => {
    await keep({ resourceType: 'Practitioner', id: 'retired', active: false });
    await keep({ resourceType: 'Organization', id: 'practice', name: 'Invented practice' });
    await keep({
      resourceType: 'Organization',
      id: 'closed',
      active: false,
      name: 'Invented closed practice',
    });
    const role = (id: string, rest: object) =>
      keep({ resourceType: 'PractitionerRole', id, ...rest } as Resource);
    await role('role', { practitioner: { reference: 'Practitioner/doctor' } });
    await role('role-ended', { period: { end: '2026-11-19' } });
    await role('role-to-come', { period: { start: '2026-11-21' } });
    await role('role-inactive', { active: false });
    await role('role-of-retired', { practitioner: { reference: 'Practitioner/retired' } });
  });

  it.each([
    [['Practitioner/retired', 'Practitioner/doctor'], 'Practitioner/doctor'],
    [['Practitioner/retired', 'PractitionerRole/role'], 'PractitionerRole/role'],
    [['Organization/practice', 'Practitioner/retired'], 'Organization/practice'],
    [['PractitionerRole/role-ended', 'PractitionerRole/role'], 'PractitionerRole/role'],
    [['PractitionerRole/role-inactive', 'Organization/practice'], 'Organization/practice'],
    [['PractitionerRole/role-to-come', 'Organization/practice'], 'Organization/practice'],
    [['PractitionerRole/role-of-retired', 'Organization/practice'], 'Organization/practice'],
    [['Organization/closed', 'Organization/practice'], 'Organization/practice'],
    [['Practitioner/unknown', 'Practitioner/doctor'], 'Practitioner/doctor'],
  ])('of %j it is %s', async (named, owner) => {
    const patient = await somebody(...named);
    okay(await send('post', 'Observation', observation(patient, positive)));
    expect(await raisedFor(patient)).toEqual([sameDay.replace('Practitioner/doctor', owner)]);
    expect(await notesOf(patient)).toEqual([[]]);
  });

  it.each([[['Practitioner/unknown']], [['Organization/closed', 'Practitioner/unknown']]])(
    'of %j it is somebody who may sign in here though nobody has stored them, and the Task says so',
    async (named) => {
      const patient = await somebody(...named);
      okay(await send('post', 'Observation', observation(patient, positive)));
      expect(await raisedFor(patient)).toEqual([
        sameDay.replace('Practitioner/doctor', 'Practitioner/unknown'),
      ]);
      expect(await notesOf(patient)).toEqual(
        unowned(
          'The general practitioner whom the record names is not stored in this service: see to it that this reaches them.',
        ),
      );
    },
  );

  it.each([
    [['Practitioner/retired'], isGone],
    [['PractitionerRole/role-ended'], isGone],
    [['https://elsewhere.example/fhir/Practitioner/1'], isElsewhere],
  ])('of %j it is nobody by name, and the Task says why', async (named, why) => {
    const patient = await somebody(...named);
    okay(await send('post', 'Observation', observation(patient, positive)));
    expect(await raisedFor(patient)).toEqual([sameDay.replace('Practitioner/doctor', 'nobody')]);
    expect(await notesOf(patient)).toEqual(unowned(why));
  });
});
