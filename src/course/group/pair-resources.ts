// What a pair on a course has beyond a member of a group: their team of two, each one's consent, and for both the same things to do.
import type { CareTeam, CodeableConcept, Coding, Consent, Observation, Task } from '@medplum/fhirtypes';
import { besideAs } from '../../fhir/kept-translations.ts';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept, courseIdentifierSystem, pairPartSystem, pairRoleSystem } from '../course-codes.ts';
import { type Said, saidAs, saidConcept } from '../said.ts';

export interface Pair {
  /** "Patient/x". */
  readonly patient: string;
  /** "Practitioner/x". */
  readonly therapist: string;
  readonly patientConsent: CalendarDate;
  readonly therapistConsent: CalendarDate;
}

const roleDisplays = {
  'instructor-by-experience': 'Instructor by experience',
  'instructor-by-profession': 'Instructor by profession',
  patient: 'Patient',
  therapist: 'Therapist',
} as const;
export type PairRole = keyof typeof roleDisplays;

/** Each led by one: the course by its plan has an instructor of both kinds. */
export const instructorRoles = ['instructor-by-experience', 'instructor-by-profession'] as const;

export function pairRole(code: PairRole): CodeableConcept {
  return { coding: [{ system: pairRoleSystem, code, display: roleDisplays[code] }] };
}

export function pairTeam(
  id: string,
  pair: Pick<Pair, 'patient' | 'therapist'>,
  run: { readonly runId: string; readonly start: CalendarDate },
  said: Said,
): CareTeam {
  return {
    resourceType: 'CareTeam',
    id,
    identifier: [{ system: courseIdentifierSystem, value: run.runId }],
    status: 'active',
    category: [{ coding: [{ system: pairPartSystem, code: 'pair', display: 'Pair' }] }],
    ...saidAs('name', said),
    subject: { reference: pair.patient },
    period: { start: run.start },
    participant: [
      { role: [pairRole('patient')], member: { reference: pair.patient } },
      { role: [pairRole('therapist')], member: { reference: pair.therapist } },
    ],
  };
}

/** The two of a pair, where the team is one. */
export function pairOf(team: CareTeam): Pick<Pair, 'patient' | 'therapist'> | undefined {
  const isPair = team.category?.some(({ coding }) =>
    coding?.some(({ system, code }) => system === pairPartSystem && code === 'pair'),
  );
  const members = (team.participant ?? []).flatMap(({ member }) => member?.reference ?? []);
  const [patient, therapist] = [
    members.find((each) => each.startsWith('Patient/')),
    members.find((each) => each.startsWith('Practitioner/')),
  ];
  return isPair && patient && therapist ? { patient, therapist } : undefined;
}

/** One of the two chose, for themselves, to take part. The plan has it recorded with the patient of the pair. */
export function consentObservation(
  id: string,
  consent: {
    readonly code: Coding;
    readonly by: string;
    readonly on: CalendarDate;
    readonly patient: string;
  },
): Observation {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [consent.code] },
    subject: { reference: consent.patient },
    effectiveDateTime: consent.on,
    performer: [{ reference: consent.by }],
    valueBoolean: true,
  };
}

/** What lets the two be a pair on the course. From the moment one of theirs no longer stands, they are none (workflows/consents/consent-rule.ts). */
export function pairConsent(
  id: string,
  consent: {
    readonly code: Coding;
    readonly by: string;
    readonly on: CalendarDate;
    readonly patient: string;
    /** "CareTeam/x" of the two. */
    readonly team: string;
    /** What holds for it. */
    readonly rule: Said;
  },
): Consent {
  return {
    resourceType: 'Consent',
    id,
    status: 'active',
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }],
    },
    category: [{ coding: [consent.code] }],
    patient: { reference: consent.patient },
    dateTime: consent.on,
    performer: [{ reference: consent.by }],
    policyRule: saidConcept(consent.rule),
    provision: { type: 'permit', data: [{ meaning: 'related', reference: { reference: consent.team } }] },
  };
}

export interface PairTaskContent {
  readonly title: string;
  /** Canonical of an ActivityDefinition. */
  readonly activity?: string;
  /** Canonical of a Questionnaire. */
  readonly form?: string;
  /** "Patient/x" or "Practitioner/x": whose it is, and who does it. */
  readonly who: string;
  readonly runId: string;
  /** "CarePlan/x" of the patient. A therapist's refers to nothing of the patient's. */
  readonly carePlan?: string;
  readonly start: CalendarDate;
  readonly end: CalendarDate;
  readonly authoredOn: string;
}

/** The same for both of a pair, but for whose it is. */
export function pairTask(id: string, content: PairTaskContent): Task {
  const { who, carePlan, activity, form } = content;
  return {
    resourceType: 'Task',
    id,
    ...(activity && { instantiatesCanonical: activity }),
    ...(carePlan && { basedOn: [{ reference: carePlan }] }),
    groupIdentifier: { system: courseIdentifierSystem, value: content.runId },
    status: 'requested',
    intent: 'plan',
    code: courseConcept('homework'),
    description: content.title,
    ...besideAs(content, 'title', 'description'),
    for: { reference: who },
    executionPeriod: { start: content.start, end: content.end },
    authoredOn: content.authoredOn,
    lastModified: content.authoredOn,
    owner: { reference: who },
    ...(form && { input: [{ type: { text: 'Questionnaire' }, valueCanonical: form }] }),
  };
}
