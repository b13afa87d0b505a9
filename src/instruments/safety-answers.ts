// Answers that a plan has to know before certain steps: questions whose code is a safety check become Observations when they are answered.
// An open answer makes none: not known is never no, and an older answer stays as long as no newer one is there.
import type { Coding, Observation, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { safetySystem } from '../fhir/own-names.ts';
import { booleanAnswers } from './boolean-answers.ts';
import { type Question, questionnaireForm } from './questionnaire-form.ts';

/** Whether this form asks for a safety check. */
export function asksForSafety(questionnaire: Questionnaire): boolean {
  return safetyQuestions(questionnaire).length > 0;
}

interface AnsweredWhere {
  /** "Patient/x" */
  readonly patient: string;
  readonly responseId: string;
  /** FHIR instant. */
  readonly issued: string;
}

/** Without ids, in the order of the form. Expects a response with a date. */
export function safetyAnswers(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
  { patient, responseId, issued }: AnsweredWhere,
): readonly Observation[] {
  const answers = booleanAnswers(response);
  return safetyQuestions(questionnaire).flatMap(({ linkId, coding }): Observation[] => {
    const value = answers.get(linkId);
    if (value === undefined) return [];
    return [
      {
        resourceType: 'Observation',
        status: 'final',
        category: [
          {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/observation-category',
                code: 'survey',
                display: 'Survey',
              },
            ],
          },
        ],
        code: { coding: [coding] },
        subject: { reference: patient },
        ...(response.encounter && { encounter: response.encounter }),
        ...(response.authored && { effectiveDateTime: response.authored }),
        issued,
        valueBoolean: value,
        derivedFrom: [{ reference: `QuestionnaireResponse/${responseId}` }],
      },
    ];
  });
}

/** The code of a safety check that an Observation answers; undefined for any other Observation. */
export function safetyCodeOf({ code }: Observation): string | undefined {
  return code.coding?.find(({ system }) => system === safetySystem)?.code;
}

function safetyQuestions(questionnaire: Questionnaire): readonly (Question & { readonly coding: Coding })[] {
  return [...questionnaireForm(questionnaire).byLinkId.values()].flatMap((question) => {
    const coding = question.item.code?.find(({ system }) => system === safetySystem);
    return coding && question.item.type === 'boolean' ? [{ ...question, coding }] : [];
  });
}
