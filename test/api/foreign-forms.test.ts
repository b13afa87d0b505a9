// A form that another service made calls somebody in by the codes of its questions, wherever the form is stored, as one of ours does.
import type {
  BundleEntry,
  OperationOutcome,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
} from '@medplum/fhirtypes';
import {
  base,
  bundle,
  flagsOf,
  loinc,
  looked,
  notesOf,
  observation,
  ofOurs,
  okay,
  positive,
  question9,
  raisedFor,
  refused,
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

describe('a form of another service', () => {
  type Item = NonNullable<Questionnaire['item']>[number];
  const form = (name: string, item: Item, rest: Partial<Questionnaire> = {}): Questionnaire => ({
    resourceType: 'Questionnaire',
    id: name,
    url: `https://elsewhere.example/Questionnaire/${name}`,
    version: '3',
    status: 'active',
    item: [{ linkId: 'g', type: 'group', item: [item] }],
    ...rest,
  });
  const coded: Item = { linkId: 'q', type: 'choice', code: question9.coding };
  const answered = (
    patient: string,
    answer: NonNullable<QuestionnaireResponseItem['answer']>[number],
    rest: Partial<QuestionnaireResponse> = {},
    linkId = 'q',
  ): QuestionnaireResponse => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: 'https://elsewhere.example/Questionnaire/coded|3',
    subject: { reference: patient },
    authored: '2026-11-20T08:55:00Z',
    item: [{ linkId: 'g', item: [{ linkId, answer: [answer] }] }],
    ...rest,
  });
  const several = { valueCoding: { system: loinc, code: 'LA6569-3' } };
  const store = async (...forms: readonly Questionnaire[]) => {
    for (const each of forms) okay(await send('put', `Questionnaire/${each.id}`, each));
  };

  beforeAll(() =>
    store(
      form('coded', coded),
      form('weighed', {
        ...coded,
        answerOption: [
          {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 0 }],
            valueCoding: { system: 'urn:their', code: 'never', display: 'Nooit' },
          },
          {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 2 }],
            valueCoding: { system: 'urn:their', code: 'often', display: 'Vaak' },
          },
        ],
      }),
      form(
        'made-of-ours',
        { linkId: 'phq-9-9', type: 'choice' },
        { derivedFrom: [`${base}/Questionnaire/phq-9`] },
      ),
      form(
        'coded-anew',
        {
          linkId: 'phq-9-9',
          type: 'choice',
          code: [{ system: 'https://elsewhere.example/questions', code: 'nine' }],
        },
        { derivedFrom: [`${base}/Questionnaire/phq-9`] },
      ),
      form(
        'signs',
        { linkId: 'weight-loss', type: 'boolean' },
        { derivedFrom: [`${base}/Questionnaire/red-flags-bowel|1.0.0`] },
      ),
      form('signs-coded', { linkId: 'q', type: 'boolean', code: ofOurs('red-flag', 'weight-loss').coding }),
      form('uncoded', { linkId: 'q', type: 'choice' }),
      form('uncoded-yes', { linkId: 'weight-loss', type: 'boolean' }),
    ),
  );
  const named = (name: string) => ({ questionnaire: `https://elsewhere.example/Questionnaire/${name}` });

  type Answer = (patient: string) => QuestionnaireResponse;
  const heard: readonly (readonly [string, Answer, string])[] = [
    ['by its version', (patient) => answered(patient, several), sameDay],
    ['by its url', (patient) => answered(patient, { valueInteger: 1 }, named('coded')), sameDay],
    ['of a version that is not here', (patient) => answered(patient, several, named('coded|2')), sameDay],
    [
      'by its address',
      (patient) => answered(patient, several, { questionnaire: 'Questionnaire/coded' }),
      sameDay,
    ],
    [
      'by its address on another server, where it asks all that was answered',
      (patient) =>
        answered(patient, several, { questionnaire: 'https://ehr.example/fhir/Questionnaire/coded|2.0' }),
      sameDay,
    ],
    [
      'of ours, by its address on this server',
      (patient) =>
        answered(
          patient,
          several,
          { questionnaire: 'http://alongside.example/fhir/Questionnaire/phq-9' },
          'phq-9-9',
        ),
      sameDay,
    ],
    [
      'that comes with the answers',
      (patient) =>
        answered(patient, several, {
          questionnaire: '#own',
          contained: [{ ...form('own', coded), id: 'own' }],
        }),
      sameDay,
    ],
    [
      'that comes with the answers, by its canonical of another version',
      (patient) =>
        answered(patient, several, {
          questionnaire: `${form('own', coded).url}|2.0`,
          contained: ['other', 'own'].map((id) => ({ ...form(id, coded), id })),
          // What is contained is referred to.
          extension: ['other', 'own'].map((id) => ({
            url: 'https://elsewhere.example/form',
            valueReference: { reference: `#${id}` },
          })),
        }),
      sameDay,
    ],
    [
      'with answers of its own',
      (patient) =>
        answered(patient, { valueCoding: { system: 'urn:their', code: 'often' } }, named('weighed')),
      sameDay,
    ],
    ['with a decimal', (patient) => answered(patient, { valueDecimal: 1 }), sameDay],
    [
      'with an answer that nobody can read',
      (patient) => answered(patient, { valueString: 'at times' }),
      sameDay,
    ],
    ['made of ours', (patient) => answered(patient, several, named('made-of-ours'), 'phq-9-9'), sameDay],
    [
      'made of ours, whose question has a code of its own',
      (patient) => answered(patient, several, named('coded-anew'), 'phq-9-9'),
      sameDay,
    ],
    [
      'made of our signs',
      (patient) => answered(patient, { valueBoolean: true }, named('signs'), 'weight-loss'),
      looked,
    ],
    ['with our signs', (patient) => answered(patient, { valueBoolean: true }, named('signs-coded')), looked],
    ['not finished', (patient) => answered(patient, several, { status: 'in-progress' }), sameDay],
    ['stopped', (patient) => answered(patient, several, { status: 'stopped' }), sameDay],
    [
      'that is not named, with the linkIds of ours',
      (patient) => {
        const { questionnaire: _questionnaire, ...rest } = answered(patient, several, {}, 'phq-9-9');
        return rest;
      },
      sameDay,
    ],
    [
      'that is not here, with linkIds made of codes',
      (patient) => answered(patient, several, named('not-here'), '/44249-1/44260-8'),
      sameDay,
    ],
  ];

  it.each(heard)('is heard: %s', async (_, answer, raised) => {
    const patient = await somebody();
    const made = await send('post', 'QuestionnaireResponse', answer(patient));
    okay(made);
    expect(await raisedFor(patient)).toEqual([raised]);
    const [task] = await tasksOf(patient);
    expect(task?.focus).toEqual({ reference: `QuestionnaireResponse/${made.body.id}` });
  });

  it('is heard when the person sends it themself, and the Flag says who gave the answer', async () => {
    const patient = await somebody();
    const headers = { Authorization: await service.makeBearer('patient', patient) };
    const answer = answered(patient, several, { author: { reference: patient } });
    okay(await send('post', 'QuestionnaireResponse', answer, headers));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await flagsOf(patient)).toMatchObject([{ author: { reference: patient } }]);
  });

  it.each([
    ['zero', (patient: string) => answered(patient, { valueInteger: 0 })],
    [
      '"not at all"',
      (patient: string) => answered(patient, { valueCoding: { system: loinc, code: 'LA6568-5' } }),
    ],
    [
      'a nought of its own',
      (patient: string) =>
        answered(patient, { valueCoding: { system: 'urn:their', code: 'never' } }, named('weighed')),
    ],
    ['no', (patient: string) => answered(patient, { valueBoolean: false }, named('signs'), 'weight-loss')],
    [
      'what was entered in error',
      (patient: string) => answered(patient, several, { status: 'entered-in-error' }),
    ],
    ['a question without a code', (patient: string) => answered(patient, several, named('uncoded'))],
    [
      'a yes to a question without a code, by a word that is ours too',
      (patient: string) => answered(patient, { valueBoolean: true }, named('uncoded-yes'), 'weight-loss'),
    ],
    ['answers of years ago', (patient: string) => answered(patient, several, { authored: '2020-02' })],
  ])('calls nobody in for %s', async (_, answer) => {
    const patient = await somebody();
    okay(await send('post', 'QuestionnaireResponse', answer(patient)));
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  });

  it('calls once, however often it is sent, and is told that the answer was taken back', async () => {
    const patient = await somebody();
    const save = async (response: QuestionnaireResponse) =>
      okay(await send('put', 'QuestionnaireResponse/again', { ...response, id: 'again' }));
    await save(answered(patient, { valueInteger: 0 }, { status: 'in-progress' }));
    expect(await raisedFor(patient)).toEqual([]);
    await save(answered(patient, { valueInteger: 1 }, { status: 'in-progress' }));
    await save(answered(patient, { valueInteger: 1 }));
    await save(answered(patient, { valueInteger: 2 }, { status: 'amended' }));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    const refusedDeletion = await send('delete', 'QuestionnaireResponse/again');
    expect([refusedDeletion.status, refusedDeletion.body]).toEqual([
      422,
      refused(
        'QuestionnaireResponse.status',
        'an answer in this form calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
      ),
    ]);
    await save(answered(patient, { valueInteger: 2 }, { status: 'entered-in-error' }));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await notesOf(patient)).toEqual([
      [
        expect.stringMatching(/^This answer was given, and then it was taken back/),
        expect.stringMatching(/^The form was not finished/),
      ],
    ]);
  });

  it('needs somebody whom it is about when it calls somebody in', async () => {
    const { subject: _subject, ...nobody } = answered('', several);
    const answer = await send('post', 'QuestionnaireResponse', nobody);
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'QuestionnaireResponse.subject',
        'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
      ),
    ]);
  });

  it('is heard in a transaction that brings form, person and general practitioner after the answers', async () => {
    const put = (resource: Resource) => ({
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    });
    const patient = 'Patient/with-form';
    okay(
      await bundle(
        'transaction',
        {
          resource: answered(patient, several, named('brought')),
          request: { method: 'POST', url: 'QuestionnaireResponse' },
        },
        ...[
          put(form('brought', coded)),
          put({ resourceType: 'Practitioner', id: 'brought-doctor' }),
          put({
            resourceType: 'Patient',
            id: 'with-form',
            generalPractitioner: [{ reference: 'Practitioner/brought-doctor' }],
          }),
        ].map((entry) => entry as BundleEntry),
      ),
    );
    expect(await raisedFor(patient)).toEqual([sameDay.replace('doctor', 'brought-doctor')]);
  });

  const told = async (type: string, body: object) => {
    const answer = await send('post', type, body, { Prefer: 'return=OperationOutcome' });
    expect(answer.status).toBe(201);
    return (answer.body as OperationOutcome).issue.slice(1);
  };

  it('that nobody here knows is kept, and whoever sends it is told that nobody can tell what was asked', async () => {
    const patient = await somebody();
    const store =
      'Store its Questionnaire so, with codes on its questions, and they are heard within half an hour';
    const name = 'Name the url of its Questionnaire, stored here with codes on its questions';
    const warned = (why: string, whatToDo = store) => [
      {
        severity: 'warning',
        code: 'business-rule',
        diagnostics: `The form of these answers is not known here: ${why}. Nobody can tell whether one of them calls somebody in, and nobody is called for what its items say. ${whatToDo}; or send it in contained, and they are heard at once.`,
        expression: ['QuestionnaireResponse.questionnaire'],
      },
    ];
    const unnamed = answered(patient, several);
    delete unnamed.questionnaire;
    const called = (questionnaire: string, linkId?: string) =>
      told('QuestionnaireResponse', answered(patient, several, { questionnaire }, linkId));
    const address = 'https://ehr.example/fhir/Questionnaire';
    expect(await called(`${address}/not-here|2.0`)).toEqual(
      warned(
        `no Questionnaire here has the url "${address}/not-here", and none with the id "not-here" asks all that was answered`,
      ),
    );
    expect(await called(`${address}/coded`, 'something-else')).toEqual(
      warned(
        `no Questionnaire here has the url "${address}/coded", and none with the id "coded" asks all that was answered`,
      ),
    );
    expect(await called('https://ehr.example/coded')).toEqual(
      warned('no Questionnaire here has the url "https://ehr.example/coded"'),
    );
    expect(await called('#gone')).toEqual(warned('no contained Questionnaire is "#gone"', name));
    expect(await told('QuestionnaireResponse', unnamed)).toEqual(
      warned('they name none by "questionnaire"', name),
    );
    // Where the form is known, or somebody was called in without it, there is nothing to be told.
    expect(await told('QuestionnaireResponse', answered(patient, several))).toEqual([]);
    const notAtAll = { valueCoding: { system: loinc, code: 'LA6568-5' } };
    expect(await told('QuestionnaireResponse', answered(patient, notAtAll))).toEqual([]);
    const byOurLinkId: QuestionnaireResponse = {
      ...unnamed,
      item: [{ linkId: 'phq-9-9', answer: [several] }],
    };
    expect(await told('QuestionnaireResponse', byOurLinkId)).toEqual([]);
    expect(await told('QuestionnaireResponse', { ...unnamed, item: undefined })).toEqual([]);
  });

  it('and an Observation, of long ago: whoever sends them is told that nobody was called in', async () => {
    const patient = await somebody();
    const warned = (place: string) => [
      {
        severity: 'warning',
        code: 'business-rule',
        diagnostics:
          'This answer was given long before it came in here, so that nobody was called in by it. Whoever knows the person decides whether to talk about it.',
        expression: [place],
      },
    ];
    const old = { authored: '2026-08-21T08:00:00Z' };
    expect(await told('QuestionnaireResponse', answered(patient, several, old))).toEqual(
      warned('QuestionnaireResponse.authored'),
    );
    const said = (effectiveDateTime: string) => observation(patient, { ...positive, effectiveDateTime });
    expect(await told('Observation', said('2026-08-21T08:00:00Z'))).toEqual(warned('Observation.effective'));
    expect(await raisedFor(patient)).toEqual([]);
    // Ninety days to the hour.
    expect(await told('Observation', said('2026-08-22T09:00:00Z'))).toEqual([]);
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });
});
