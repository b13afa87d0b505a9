// GET CarePlan/[id]/$session-brief: what to have seen before the next session, in one call, each fact with its source.
// https://hl7.org/fhir/R4/operations.html
import type {
  Parameters,
  ParametersParameter,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
  Task,
} from '@medplum/fhirtypes';
import type { CourseSession } from '../../workflows/courses/course-parts.ts';
import { sentencesOf } from '../../workflows/courses/sentences-of.ts';
import { textParameter } from '../../workflows/said-parameter.ts';
import { readSessionBrief, type SessionBrief } from '../../workflows/sessions/read-session-brief.ts';
import type { Operation } from '../operation.ts';
import {
  date,
  doseParameters,
  goalParameter,
  integer,
  scoreParameter,
  sessionParameter,
  source,
  text,
  tScoreParameters,
} from './course-parameters.ts';
import { nextParameter } from './next-parameter.ts';
import { answerParameter } from './next-steps-answer-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanSessionBrief: Operation = {
  name: 'session-brief',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-session-brief',
  async handle(request) {
    parameterReader(request.parameters, []);
    const brief = await readSessionBrief(request.context, request.id ?? '');
    const sentence = sentencesOf(request.context.catalogue);
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: briefParameters(brief, sentence),
    };
    return { status: 200, resource: answer };
  },
};

function briefParameters(
  brief: SessionBrief,
  sentence: ReturnType<typeof sentencesOf>,
): ParametersParameter[] {
  const { carePlan, last, upcoming, draft } = brief;
  return [
    source('carePlan', `CarePlan/${carePlan.id}`),
    { name: 'status', valueCode: carePlan.status },
    ...gateParameters(brief),
    ...(last ? [{ ...named('lastSession', sessionParameter(last, brief.days)), ...noteOf(brief) }] : []),
    ...openerParameters(brief.opener),
    ...brief.homework.map((task) => homeworkParameter(task, brief)),
    ...brief.experiments.map(experimentParameter),
    ...brief.scores.map((score) => scoreParameter(score, sentence)),
    ...brief.goals.map(goalParameter),
    ...tScoreParameters(brief),
    ...formulationParameters(brief),
    ...brief.explained.map(explainedParameter),
    ...brief.messages.map(({ id, sent, payload }) => ({
      name: 'message',
      part: [
        source('source', `Communication/${id}`),
        ...(sent ? [{ name: 'sent', valueDateTime: sent }] : []),
        ...text('text', payload?.flatMap(({ contentString }) => contentString ?? []).join('\n')),
      ],
    })),
    ...doseParameters(brief),
    ...(upcoming ? [upcomingParameter(upcoming, brief.days)] : []),
    ...(draft ? [source('draft', `QuestionnaireResponse/${draft.id}`)] : []),
    ...(brief.nextStepsAnswer ? [answerParameter(brief.nextStepsAnswer)] : []),
    nextParameter(brief.next),
  ];
}

const named = (name: string, parameter: ParametersParameter): ParametersParameter => ({ ...parameter, name });

/** The last session's parts, with the sections of its note. */
function noteOf({ last, days }: SessionBrief): Pick<ParametersParameter, 'part'> {
  if (!last) return {};
  const { note, ...held } = last;
  return {
    part: [
      ...(sessionParameter(held, days).part ?? []),
      ...(note
        ? [
            {
              name: 'note',
              part: [
                source('source', `Composition/${note.id}`),
                ...(note.section ?? []).flatMap((section) =>
                  section.title && section.text?.div
                    ? [
                        {
                          name: 'section',
                          part: [
                            ...textParameter('title', section, 'title'),
                            ...text('text', plain(section.text.div)),
                          ],
                        },
                      ]
                    : [],
                ),
              ],
            },
          ]
        : []),
    ],
  };
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

/** The words of a narrative, a line for each paragraph. */
function plain(div: string): string {
  return div
    .replaceAll('</p>', '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|amp);/g, (entity) => entities[entity] ?? entity)
    .trim();
}

/** What has to be looked at first: open alarm signs, and whether exertion makes things worse. An unasked question is said to be unasked. */
function gateParameters({ flags, malaise }: SessionBrief): ParametersParameter[] {
  const answer =
    malaise?.valueBoolean === undefined ? 'not-asked' : malaise.valueBoolean ? 'present' : 'absent';
  return [
    ...flags.map(({ id, code, period }) => ({
      name: 'flag',
      part: [
        source('source', `Flag/${id}`),
        { name: 'code', valueCodeableConcept: code },
        ...(period?.start ? [{ name: 'since', valueDateTime: period.start }] : []),
      ],
    })),
    {
      name: 'afterExertion',
      part: [
        { name: 'answer', valueCode: answer },
        ...(malaise ? [source('source', `Observation/${malaise.id}`)] : []),
      ],
    },
  ];
}

function homeworkParameter(task: Task, { confidence, days }: SessionBrief): ParametersParameter {
  return {
    name: 'homework',
    part: [
      source('source', `Task/${task.id}`),
      { name: 'status', valueCode: task.status },
      ...textParameter('description', task, 'description'),
      ...date('due', task.executionPeriod?.end, days),
      ...(task.input ?? []).flatMap(({ type, valueString }) => [
        ...(type.coding?.[0]?.code === 'find-out' ? text('findOut', valueString) : []),
      ]),
      ...integer('confidence', confidence(`Task/${task.id}`)),
      ...(task.output ?? []).flatMap(({ valueString, valueReference }) => [
        ...text('discovered', valueString),
        ...(valueReference?.reference ? [source('source', valueReference.reference)] : []),
      ]),
    ],
  };
}

/** The first answer under a linkId, wherever it stands. */
function answerOf(
  items: readonly QuestionnaireResponseItem[] | undefined,
  linkId: string,
): QuestionnaireResponseItemAnswer | undefined {
  for (const item of items ?? []) {
    const found = item.linkId === linkId ? item.answer?.[0] : answerOf(item.item, linkId);
    if (found) return found;
  }
  return undefined;
}

const words = (response: QuestionnaireResponse, linkId: string, name: string): ParametersParameter[] =>
  text(name, answerOf(response.item, linkId)?.valueString);

function coded(response: QuestionnaireResponse, linkId: string, name: string): ParametersParameter[] {
  const coding = answerOf(response.item, linkId)?.valueCoding;
  return coding ? [{ name, valueCoding: coding }] : [];
}

function experimentParameter(response: QuestionnaireResponse): ParametersParameter {
  return {
    name: 'experiment',
    part: [
      source('source', `QuestionnaireResponse/${response.id}`),
      ...words(response, 'find-out', 'findOut'),
      ...words(response, 'try', 'tried'),
      ...coded(response, 'outcome', 'outcome'),
      ...words(response, 'discovered', 'discovered'),
      ...words(response, 'not-now-words', 'insteadOfIt'),
      ...words(response, 'worse-words', 'worse'),
    ],
  };
}

function openerParameters(response: QuestionnaireResponse | undefined): ParametersParameter[] {
  if (!response) return [];
  const isNewWorry = answerOf(response.item, 'new-worry')?.valueBoolean;
  return [
    {
      name: 'opener',
      part: [
        source('source', `QuestionnaireResponse/${response.id}`),
        ...integer('burden', answerOf(response.item, 'burden')?.valueInteger),
        ...words(response, 'since', 'since'),
        ...words(response, 'discovered', 'discovered'),
        ...coded(response, 'step-outcome', 'stepOutcome'),
        ...words(response, 'topic', 'topic'),
        ...(isNewWorry === undefined ? [] : [{ name: 'newWorry', valueBoolean: isNewWorry }]),
        ...words(response, 'new-worry-words', 'newWorryWords'),
      ],
    },
  ];
}

function formulationParameters({ formulation }: SessionBrief): ParametersParameter[] {
  if (!formulation) return [];
  const { impression, open } = formulation;
  return [
    {
      name: 'formulation',
      part: [
        source('source', `ClinicalImpression/${impression.id}`),
        ...text('summary', impression.summary),
        ...(impression.statusReason
          ? [{ name: 'agreed', valueCodeableConcept: impression.statusReason }]
          : []),
        ...open.flatMap((question) => text('open', question)),
      ],
    },
  ];
}

function explainedParameter({
  source: reference,
  at,
  by,
  words: said,
  received,
  state,
}: SessionBrief['explained'][number]): ParametersParameter {
  return {
    name: 'explained',
    part: [
      source('source', reference),
      ...(at ? [{ name: 'date', valueDateTime: at }] : []),
      ...(by ? [source('by', by)] : []),
      ...text('text', said),
      ...text('received', received),
      ...(state ? [{ name: 'state', valueCodeableConcept: state }] : []),
    ],
  };
}

function upcomingParameter(upcoming: CourseSession, days: SessionBrief['days']): ParametersParameter {
  const plans = upcoming.session.instantiatesCanonical ?? [];
  return {
    name: 'upcoming',
    part: [
      ...(sessionParameter(upcoming, days).part ?? []),
      ...(upcoming.session.orderDetail ?? []).map((concept) => ({
        name: 'planned',
        valueCodeableConcept: concept,
      })),
      ...plans.map((canonical) => ({ name: 'activity', valueCanonical: canonical })),
    ],
  };
}
