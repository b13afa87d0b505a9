// An Observation that stands in a report, or in the answers to a form, and nowhere else calls somebody in like one that is stored by itself.
import { readFileSync } from 'node:fs';
import type { DiagnosticReport, Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import {
  bundle,
  flagsOf,
  loinc,
  looked,
  negative,
  notesOf,
  observation,
  ofOurs,
  okay,
  positive,
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

interface Holding {
  readonly status?: 'unfinished' | 'amended' | 'entered-in-error';
  /** When all of it was so; absent: it does not say. */
  readonly at?: string | undefined;
  readonly by?: string;
  readonly language?: string;
}

const undated = ({ effectiveDateTime: _effective, ...rest }: Observation): Observation => rest;
const contained = (patient: string, within: readonly Said[]) =>
  within.map((each, at) => ({ ...undated(observation(patient, each)), ...each, id: `o${at}` }));
const recent = { at: '2026-11-20T08:55:00Z' };
const old = '2026-08-21T08:00:00Z';

type Hold = (
  patient: string,
  within: readonly Said[],
  holding?: Holding,
) => DiagnosticReport | QuestionnaireResponse;

const report: Hold = (patient, within, { status, at, by, language } = recent) => ({
  resourceType: 'DiagnosticReport',
  status: status === 'unfinished' ? 'preliminary' : (status ?? 'final'),
  code: { coding: [{ system: loinc, code: '44249-1' }] },
  subject: { reference: patient },
  ...(at !== undefined && { effectiveDateTime: at }),
  ...(by !== undefined && { performer: [{ reference: by }] }),
  ...(language !== undefined && { language }),
  contained: contained(patient, within),
  result: within.map((_each, index) => ({ reference: `#o${index}` })),
});
const answers: Hold = (patient, within, { status, at, by, language } = recent) => ({
  resourceType: 'QuestionnaireResponse',
  status: status === 'unfinished' ? 'in-progress' : (status ?? 'completed'),
  subject: { reference: patient },
  ...(at !== undefined && { authored: at }),
  ...(by !== undefined && { author: { reference: by } }),
  ...(language !== undefined && { language }),
  contained: contained(patient, within),
  item: within.map((_each, index) => ({
    linkId: `q${index}`,
    answer: [{ valueReference: { reference: `#o${index}` } }],
  })),
});
const weightLoss = { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: true };

const holders: readonly (readonly [string, string, string, Hold])[] = [
  ['DiagnosticReport', 'report', 'effective', report],
  ['QuestionnaireResponse', 'form', 'authored', answers],
];

describe.each(holders)('in a %s', (type, word, saidIn, hold) => {
  it('calls once for each activity, with a Flag for each sign', async () => {
    const patient = await somebody();
    const author = { reference: 'Practitioner/doctor' };
    const fever = { code: ofOurs('red-flag', 'fever'), valueBoolean: true };
    const both = hold(patient, [weightLoss, fever], { ...recent, by: author.reference });
    const made = await send('post', type, both);
    okay(made);
    expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
    const [task] = await tasksOf(patient);
    expect(task?.focus).toEqual({ reference: `${type}/${made.body.id}` });
    expect(await flagsOf(patient)).toMatchObject([{ author }, { author }]);
  });

  it.each([
    ['an answer among others', [negative, positive], recent],
    ['one that is new in one of before', [{ ...positive, effectiveDateTime: '2026-11-19' }], { at: old }],
    ['one without a date, in one without a date', [positive], {}],
    ['one that is not finished', [positive], { ...recent, status: 'unfinished' }],
  ] satisfies [string, Said[], Holding][])('calls for %s', async (_, within, holding) => {
    const patient = await somebody();
    okay(await send('post', type, hold(patient, within, holding)));
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });

  it.each([
    ['what calls nobody in', [negative], recent],
    ['an answer that was entered in error', [{ ...positive, status: 'entered-in-error' }], recent],
    ['one that was entered in error', [positive], { ...recent, status: 'entered-in-error' }],
    ['one of long ago', [positive], { at: old }],
    ['an answer of long ago, sent now', [{ ...positive, effectiveDateTime: old }], recent],
  ] satisfies [string, Said[], Holding][])('calls nobody in for %s', async (_, within, holding) => {
    const patient = await somebody();
    okay(await send('post', type, hold(patient, within, holding)));
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  });

  it('calls once, however often it is sent, joins what came with it, and is told that it was taken back', async () => {
    const patient = await somebody();
    const keep = async (said: Said, more: Holding = {}) => {
      const resource = hold(patient, [said], { ...recent, status: 'amended', ...more });
      okay(await send('put', `${type}/again`, { ...resource, id: 'again' }));
    };
    await keep(negative);
    expect(await raisedFor(patient)).toEqual([]);
    await keep(positive);
    await keep(positive, { language: 'en' });
    await keep(negative);
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
    const other = await somebody();
    const entries = [hold(other, [positive]), observation(other, positive)];
    okay(
      await bundle(
        'transaction',
        ...entries.map((resource) => ({
          resource,
          request: { method: 'POST' as const, url: resource.resourceType },
        })),
      ),
    );
    expect(await raisedFor(other)).toEqual([sameDay]);
  });

  it('tells whoever sends one of long ago that nobody is called', async () => {
    const patient = await somebody();
    const headers = { Prefer: 'return=OperationOutcome' };
    const sent = await send('post', type, hold(patient, [positive], { at: old }), headers);
    okay(sent);
    const issues = sent.body.issue as readonly { readonly expression?: readonly string[] }[];
    expect(issues.map(({ expression }) => expression)).toContainEqual([`${type}.${saidIn}`]);
  });

  it('is refused about nobody, and not deleted', async () => {
    const { subject: _subject, ...nobody } = hold('Patient/some', [positive]);
    const unsaid = await send('post', type, nobody);
    expect([unsaid.status, unsaid.body]).toEqual([
      422,
      refused(
        `${type}.subject`,
        `this ${word} calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction`,
      ),
    ]);
    const patient = await somebody();
    okay(await send('put', `${type}/stays`, { ...hold(patient, [positive]), id: 'stays' }));
    const gone = await send('delete', `${type}/stays`);
    expect([gone.status, gone.body]).toEqual([
      422,
      refused(
        `${type}.status`,
        `this ${word} calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it`,
      ),
    ]);
  });
});

describe('in answers that say the same themselves', () => {
  it('calls once, in a form of ours', async () => {
    const file = new URL(
      '../../fhir-profiles/examples/QuestionnaireResponse-phq-9-question-9-above-zero.json',
      import.meta.url,
    );
    const {
      author: _author,
      source: _source,
      meta: _meta,
      ...form
    } = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
    const patient = await somebody();
    const url = 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo';
    const ours = {
      ...form,
      id: 'ours',
      subject: { reference: patient },
      contained: contained(patient, [positive]),
      extension: [{ url, valueReference: { reference: '#o0' } }],
    };
    okay(await send('put', 'QuestionnaireResponse/ours', ours));
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });

  it.each([
    ['of another service', 'https://elsewhere.example/Questionnaire/theirs'],
    ['that is not known', 'https://elsewhere.example/not-here'],
  ])('calls once, in a form %s', async (_, questionnaire) => {
    okay(
      await send('put', 'Questionnaire/theirs', {
        resourceType: 'Questionnaire',
        id: 'theirs',
        url: 'https://elsewhere.example/Questionnaire/theirs',
        status: 'active',
        item: [
          { linkId: 'q0', type: 'reference' },
          { linkId: 'q', type: 'integer', code: positive.code.coding },
        ],
      }),
    );
    const patient = await somebody();
    const { item = [], ...theirs } = answers(patient, [positive]) as QuestionnaireResponse;
    const said = [...item, { linkId: 'q', answer: [{ valueInteger: 1 }] }];
    okay(await send('post', 'QuestionnaireResponse', { ...theirs, questionnaire, item: said }));
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });
});
