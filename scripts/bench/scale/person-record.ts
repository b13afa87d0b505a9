// Makes the records of invented people as the service itself would have stored them: answers and what they score, and a course with
// its plan, team, goals and dated sessions. Deterministic: the number of a person decides everything.
import type {
  ObservationDefinition,
  Patient,
  PlanDefinition,
  Practitioner,
  Questionnaire,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import { loadCatalogue } from '../../../src/content/load-catalogue.ts';
import { courseResources } from '../../../src/course/course-resources.ts';
import type { Sentences } from '../../../src/course/course-sentences.ts';
import { datedProtocol, datedSessions } from '../../../src/course/plan/schedule.ts';
import { scoreObservations } from '../../../src/instruments/score-observations.ts';
import { protocolOf } from '../../../src/workflows/courses/protocol-of.ts';
import { sentencesOf } from '../../../src/workflows/courses/sentences-of.ts';
import { answersTo } from '../answers.ts';
import {
  courseParts,
  generalPractitionerOf,
  parts,
  patientReference,
  patientsOfOne,
  recordId,
  sessionCount,
  therapistOf,
  type Visit,
  visitMs,
} from './people.ts';

const canonical = 'https://w3id.org/alongside/fhir';

interface Instrument {
  readonly questionnaire: Questionnaire;
  readonly definitions: readonly ObservationDefinition[];
  readonly name: string;
}

/** What is written of a person at a visit, in the order of its references. */
export type RecordOf = (patient: number, visit: Visit) => readonly Resource[];

/** A number from 0 to below that looks random, decided by the texts and numbers given. */
function chosen(below: number, ...by: readonly (string | number)[]): number {
  let state = 2_166_136_261;
  for (const letter of by.join('/')) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619);
  return ((state >>> 8) ^ (state & 0xff)) % below;
}

const isMale = (patient: number) => patient % 3 === 0;
/** Of the PHQ-15; its last option is that it does not apply. */
const menstrualItem = 'phq-phq1d';

const instant = (ms: number) => new Date(ms).toISOString();
const pinned = ({ url, version }: { url?: string; version?: string }) => `${url}|${version}`;

function practitioner(reference: string): Practitioner {
  const id = reference.slice('Practitioner/'.length);
  return {
    resourceType: 'Practitioner',
    id,
    identifier: [{ system: 'https://example.org/invented-practitioners', value: id }],
    name: [{ family: `Invented ${id}`, given: ['Example'] }],
  };
}

function person(number: number): Patient {
  return {
    resourceType: 'Patient',
    id: recordId(number, 'registration'),
    identifier: [{ system: 'https://example.org/invented-patients', value: String(number) }],
    active: true,
    name: [{ family: `Invented-${number}`, given: ['Example', 'Person'] }],
    gender: isMale(number) ? 'male' : 'female',
    birthDate: `${1946 + chosen(60, number, 'year')}-${String(1 + chosen(12, number, 'month')).padStart(2, '0')}-15`,
    address: [{ city: `Invented Town ${chosen(200, number, 'town')}`, country: 'NL' }],
    generalPractitioner: [{ reference: generalPractitionerOf(number) }],
  };
}

function registration(number: number): readonly Resource[] {
  const own = person(number);
  return number % patientsOfOne === 1
    ? [practitioner(generalPractitionerOf(number)), practitioner(therapistOf(number)), own]
    : [own];
}

/** The answers and the Observations that the service makes of them. */
function answered(
  { questionnaire, definitions, name }: Instrument,
  patient: number,
  visit: Visit,
): readonly Resource[] {
  const [own, scores] = name === 'phq-15' ? [parts.phq15, parts.phq15Scores] : [parts.fsq, parts.fsqScores];
  const authored = instant(visitMs(patient, visit));
  const response: QuestionnaireResponse & { id: string } = {
    resourceType: 'QuestionnaireResponse',
    id: recordId(patient, visit, own),
    questionnaire: pinned(questionnaire),
    status: 'completed',
    subject: { reference: patientReference(patient) },
    authored,
    source: { reference: patientReference(patient) },
    item: answersTo(questionnaire, (options, linkId) =>
      linkId === menstrualItem && isMale(patient)
        ? options.length - 1
        : Math.min(chosen(3, patient, visit, linkId), options.length - 1),
    ),
  };
  const places = new Map<string, number>();
  const observations = scoreObservations(questionnaire, definitions, response, {
    responseId: response.id,
    issued: authored,
    idFor: (code) => {
      const place = places.get(code) ?? places.size;
      places.set(code, place);
      return recordId(patient, visit, scores + place);
    },
  });
  return [response, ...observations];
}

function course(plan: PlanDefinition, sentence: Sentences, patient: number): readonly Resource[] {
  const start = instant(visitMs(patient, 'enrolment')).slice(0, 10);
  const id = (part: number) => recordId(patient, 'enrolment', part);
  const goals = [
    { text: `Walk to the river ${1 + chosen(5, patient, 'walk')} times a week`, weight: 2, levels: levels() },
    ...(patient % 2 === 0 ? [{ text: 'Cook on weekdays, and sit down to eat', levels: levels() }] : []),
  ];
  const built = courseResources(
    {
      carePlan: id(courseParts.carePlan),
      requestGroup: id(courseParts.requestGroup),
      baseline: id(courseParts.baseline),
      careTeam: id(courseParts.careTeam),
      episode: id(courseParts.episode),
      goals: goals.map((_, at) => id(courseParts.goal + at)),
      sessions: Array.from({ length: sessionCount }, (_, at) => id(courseParts.session + at)),
    },
    {
      courseId: id(courseParts.carePlan),
      patient: patientReference(patient),
      plan: pinned(plan),
      title: plan.title ?? 'Course',
      sentence,
      start,
      authoredOn: instant(visitMs(patient, 'enrolment')),
      careManager: therapistOf(patient),
      requester: generalPractitionerOf(patient),
      goals,
      sessions: datedSessions(protocolOf(plan, sessionCount).templates, start),
      protocol: datedProtocol(protocolOf(plan, sessionCount).all, start),
      elements: [],
      activities: [],
      reasons: [{ text: 'Came without a referral in this system', about: 'no-referral' }],
      identifiers: [],
    },
  );
  const { episode, careTeam, sessions, requestGroup, baseline, carePlan } = built;
  return [
    { ...episode, status: 'active', statusHistory: [{ status: 'waitlist', period: { start, end: start } }] },
    careTeam,
    ...built.goals,
    ...sessions,
    requestGroup,
    baseline,
    carePlan,
  ];
}

const levels = () => [
  { level: -1 as const, text: 'once' },
  { level: 0 as const, text: 'as agreed' },
];

export function recordMaker(contentFolder: string): RecordOf {
  const catalogue = loadCatalogue(contentFolder);
  const instrument = (name: string): Instrument => {
    const questionnaire = catalogue.questionnaire(`${canonical}/Questionnaire/${name}`);
    if (questionnaire === undefined) throw new Error(`${contentFolder} has no questionnaire ${name}`);
    return { name, questionnaire, definitions: catalogue.scoreDefinitions(pinned(questionnaire)) };
  };
  const [phq15, fsq] = [instrument('phq-15'), instrument('fsq')];
  const plan = catalogue.definition(`${canonical}/PlanDefinition/psychosomatic-therapy`);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${contentFolder} has no plan of a course`);
  const sentence = sentencesOf(catalogue);
  return (patient, visit) => {
    switch (visit) {
      case 'registration':
        return registration(patient);
      case 'intake':
      case 'third':
        return [...answered(phq15, patient, visit), ...answered(fsq, patient, visit)];
      case 'enrolment':
        return course(plan, sentence, patient);
      case 'second':
      case 'last':
        return answered(phq15, patient, visit);
    }
  };
}
