// Answers questionnaires for a person, ends what an answer began as whoever was called in, and looks at the record as others see it.
import { readFileSync } from 'node:fs';
import type { Flag, QuestionnaireResponse, Resource, Task } from '@medplum/fhirtypes';
import type { Actor } from '../../../src/auth/actor.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { byReference, findResources } from '../../../src/workflows/resources/find-resources.ts';
import { readEverything } from '../../../src/workflows/resources/read-everything.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import type { CourseWorld } from '../../unit/workflows/course-world.ts';
import type { AlarmKind, AlarmMove } from './alarm-model.ts';
import type { Move } from './course-model.ts';

const base = 'https://w3id.org/alongside/fhir';
export const patientOnly = `${base}/StructureDefinition/patient-only`;

const codeOf: Readonly<Record<AlarmKind, string>> = {
  'self-harm': 'thoughts-of-self-harm',
  'red-flag': 'red-flag',
};

/** The Flags or Tasks of one kind of alarm. */
export const ofKind = <T extends Flag | Task>(all: readonly T[], kind: AlarmKind): readonly T[] =>
  all.filter(({ code }) => code?.coding?.some((coding) => coding.code === codeOf[kind]));

const response = (
  { clock }: CourseWorld,
  patient: string,
  questionnaire: string,
  more: Partial<QuestionnaireResponse>,
): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${base}/Questionnaire/${questionnaire}|1.0.0`,
  status: 'completed',
  subject: { reference: `Patient/${patient}` },
  authored: clock.now().toISOString(),
  ...more,
});

/** The alarm signs of the bowel as the examples have them: one of them is there, or none. */
const signs = { present: itemsOf('present'), none: itemsOf('none') };

function itemsOf(what: 'present' | 'none'): NonNullable<QuestionnaireResponse['item']> {
  const file = `fhir-profiles/examples/QuestionnaireResponse-red-flags-bowel-${what}.json`;
  return (JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse).item ?? [];
}

/** Question 9 of the PHQ-9, or one alarm sign of the bowel. */
export async function answer(
  world: CourseWorld,
  patient: string,
  { alarm, isWorrying }: AlarmMove & { readonly kind: 'answer' },
): Promise<void> {
  const answers =
    alarm === 'self-harm'
      ? response(world, patient, 'phq-9', {
          item: Array.from({ length: 9 }, (_none, at) => ({
            linkId: `phq-9-${at + 1}`,
            answer: [
              {
                valueCoding: {
                  system: 'http://loinc.org',
                  code: isWorrying && at === 8 ? 'LA6569-3' : 'LA6568-5',
                },
              },
            ],
          })),
        })
      : response(world, patient, 'red-flags-bowel', { item: [...signs[isWorrying ? 'present' : 'none']] });
  await createResource(world.contextOf('system'), answers);
}

/** The last Flag or Task of the kind. */
export async function endAlarm(
  world: CourseWorld,
  { alarm, ends, hasWords }: AlarmMove & { readonly kind: 'look' },
  { flags, alarms }: { readonly flags: readonly Flag[]; readonly alarms: readonly Task[] },
): Promise<void> {
  const text = 'Looked at it together; support goes on';
  const flag = ofKind(flags, alarm).at(-1);
  const task = ofKind(alarms, alarm).at(-1);
  const outcome = { url: `${base}/StructureDefinition/flag-outcome`, valueAnnotation: { text } };
  const next: Flag | Task | undefined =
    ends === 'flag'
      ? flag && {
          ...flag,
          status: 'inactive',
          ...(hasWords && { extension: [...(flag.extension ?? []), outcome] }),
        }
      : task && {
          ...task,
          status: 'completed',
          ...(hasWords && { output: [{ type: { text: 'Outcome' }, valueString: text }] }),
        };
  if (next) await updateResource(world.contextOf('system'), next, { mayCreate: false });
}

export async function keepDiary(
  world: CourseWorld,
  patient: string,
  { isOwn, isMarked }: Move & { readonly kind: 'diary' },
): Promise<void> {
  const own: Actor = { role: 'patient', subject: `Patient/${patient}`, scopes: [], tokenId: patient };
  await createResource(
    isOwn ? world.contextFor(own, 'request') : world.contextOf('gp'),
    response(world, patient, 'prop-diary-discoveries', {
      ...(isMarked && { extension: [{ url: patientOnly, valueBoolean: true }] }),
    }),
  );
}

const others: readonly Actor[] = [
  { role: 'gp', subject: 'Practitioner/gp', scopes: [], tokenId: 'gp' },
  { role: 'therapist', subject: 'Practitioner/therapist', scopes: [], tokenId: 'therapist' },
  { role: 'integrator', scopes: ['system/*.cruds'], tokenId: 'everything' },
];

/** What others find by a search and in the whole record of a person. */
export async function seenByOthers(world: CourseWorld, patient: string): Promise<readonly Resource[]> {
  const seen: Resource[] = [];
  for (const actor of others) {
    const context = world.contextFor(actor, 'request');
    seen.push(
      ...(await findResources(context.store, 'QuestionnaireResponse', [
        byReference('subject', `Patient/${patient}`),
      ])),
    );
    // Whom a therapist treats changes with the course.
    if (actor.role === 'therapist') continue;
    const { record } = await readEverything(context, { patientId: patient, count: 1000 });
    seen.push(...record.map((version) => version.resource()));
  }
  return seen;
}
