// What two people answered to the possible next steps of a course: kept with the list as it stood then, and read again for the next session.
import type {
  CodeableConcept,
  Coding,
  GuidanceResponse,
  Parameters,
  ParametersParameter,
  Provenance,
} from '@medplum/fhirtypes';
import { courseIdentifierSystem, extensionUrl } from '../course-codes.ts';
import { nextStepsSystem } from './next-step-rules.ts';

const answers = {
  'stay-the-course': 'Stay the course',
  'talk-it-over': 'Talk it over together',
  'step-chosen': 'A step was chosen',
} as const;

export type AnswerCode = keyof typeof answers;

export interface ChosenActivity {
  /** Canonical with version. */
  readonly canonical: string;
  readonly title: string;
}

export interface NextStepsAnswer {
  readonly code: AnswerCode;
  readonly chosen: readonly ChosenActivity[];
  readonly reason: CodeableConcept;
  /** True when the person took part in the decision; else the sentence that says why they did not. */
  readonly agreed: true | string;
  /** "Practitioner/x" */
  readonly author: string;
  readonly at: string;
}

export interface AnsweredCourse {
  /** "CarePlan/x/_history/3": the plan that was looked at. */
  readonly carePlanVersion: string;
  readonly courseId: string;
  readonly patient: string;
}

/** The list as it stood: by which rules, from which Observations. */
export function keptSuggestion(
  id: string,
  { courseId, patient }: AnsweredCourse,
  plan: string,
  shown: readonly ParametersParameter[],
  at: string,
): GuidanceResponse {
  const observations = new Set(sourcesIn(shown).filter((source) => source.startsWith('Observation/')));
  const parameters: Parameters = { resourceType: 'Parameters', id: 'shown', parameter: [...shown] };
  return {
    resourceType: 'GuidanceResponse',
    id,
    contained: [parameters],
    identifier: [{ system: courseIdentifierSystem, value: courseId }],
    moduleCanonical: plan,
    status: 'success',
    subject: { reference: patient },
    occurrenceDateTime: at,
    ...(observations.size > 0 && { reasonReference: [...observations].map((reference) => ({ reference })) }),
    outputParameters: { reference: '#shown' },
  };
}

const sourcesIn = (parameters: readonly ParametersParameter[]): readonly string[] =>
  parameters.flatMap(({ valueReference, part }) => [
    ...(valueReference?.reference === undefined ? [] : [valueReference.reference]),
    ...sourcesIn(part ?? []),
  ]);

/** Who decided what, why, and with whom. The person is a target too: by that it lies in their compartment, and they can read it. */
export function answerProvenance(
  id: string,
  suggestion: string,
  { carePlanVersion, patient }: AnsweredCourse,
  { code, chosen, reason, agreed, author, at }: NextStepsAnswer,
): Provenance {
  const writtenBy = {
    system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
    code: 'author',
    display: 'Author',
  };
  return {
    resourceType: 'Provenance',
    id,
    ...(agreed === true ? {} : { extension: [{ url: extensionUrl.notAgreedReason, valueString: agreed }] }),
    target: [{ reference: suggestion }, { reference: patient }],
    occurredDateTime: at,
    recorded: at,
    reason: [reason],
    activity: { coding: [{ system: nextStepsSystem, code, display: answers[code] }] },
    agent: [
      { type: { coding: [writtenBy] }, who: { reference: author } },
      ...(agreed === true ? [{ type: { text: 'Decided together' }, who: { reference: patient } }] : []),
    ],
    entity: [
      { role: 'source', what: { reference: carePlanVersion } },
      ...chosen.map(({ canonical, title }) => ({
        role: 'source' as const,
        what: {
          type: 'ActivityDefinition' as const,
          identifier: { system: 'urn:ietf:rfc:3986', value: canonical },
          display: title,
        },
      })),
    ],
  };
}

export interface KeptAnswer extends Omit<NextStepsAnswer, 'code' | 'agreed'> {
  readonly coding: Coding;
  readonly agreed: boolean;
  readonly notAgreedReason?: string;
  /** "Provenance/x" */
  readonly source: string;
  /** "GuidanceResponse/x": the list as it stood. */
  readonly suggestion: string;
}

/** Oldest first; what is no answer of this kind is left out. */
export function keptAnswers(provenances: readonly Provenance[]): readonly KeptAnswer[] {
  return provenances
    .flatMap((provenance): KeptAnswer[] => {
      const { activity, target, reason, agent, entity, extension, recorded } = provenance;
      const coding = activity?.coding?.find(({ system }) => system === nextStepsSystem);
      const suggestion = target.find(({ reference }) =>
        reference?.startsWith('GuidanceResponse/'),
      )?.reference;
      const [why] = reason ?? [];
      if (!coding || suggestion === undefined || !why) return [];
      const notAgreed = extension?.find(({ url }) => url === extensionUrl.notAgreedReason)?.valueString;
      return [
        {
          coding,
          chosen: (entity ?? []).flatMap(({ what: { identifier, display } }) =>
            identifier?.value ? [{ canonical: identifier.value, title: display ?? identifier.value }] : [],
          ),
          reason: why,
          agreed: notAgreed === undefined,
          ...(notAgreed !== undefined && { notAgreedReason: notAgreed }),
          author: agent[0]?.who?.reference ?? '',
          at: recorded ?? '',
          source: `Provenance/${provenance.id}`,
          suggestion,
        },
      ];
    })
    .toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));
}
