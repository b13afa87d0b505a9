// POST CarePlan/[id]/$group-day-complete: records a day of a group that was held.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { completeGroupDay } from '../../workflows/groups/complete-group-day.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { needed } from './needed.ts';
import { nextParameter } from './next-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = ['day', 'start', 'minutes', 'leader', 'leadersReason', 'attendance', 'theme', 'note'] as const;

export const carePlanGroupDayComplete: Operation = {
  name: 'group-day-complete',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-group-day-complete',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const [start] = once(given, 'start');
    const [note] = once(given, 'note');
    const result = await completeGroupDay(request.context, {
      carePlanId: request.id ?? '',
      day: given.integer('day'),
      start,
      minutes: given.minutes('minutes'),
      leaders: given.references('leader'),
      leadersReason: given.text('leadersReason'),
      attendance: given
        .groups('attendance', ['member', 'presence', 'minutes', 'quiet'])
        .map((attendance) => ({
          member: needed(attendance.reference('member'), 'member', attendance),
          presence: needed(attendance.reference('presence'), 'presence', attendance),
          minutes: attendance.minutes('minutes'),
          quiet: attendance.groups('quiet', ['exercise', 'instead', 'minutes']).map((quiet) => ({
            exercise: needed(quiet.reference('exercise'), 'exercise', quiet),
            instead: quiet.reference('instead'),
            minutes: quiet.minutes('minutes'),
          })),
        })),
      themes: given.groups('theme', ['code', 'minutes']).map((theme) => ({
        code: needed(theme.reference('code'), 'code', theme),
        minutes: needed(theme.minutes('minutes'), 'minutes', theme),
      })),
      note,
      contentMark: contentMark('CarePlan/$group-day-complete', request),
      ifMatch: request.ifMatch,
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'carePlan', resource: result.carePlan },
        { name: 'day', resource: result.day },
        { name: 'encounter', resource: result.encounter },
        ...result.resources.map((resource) => ({ name: 'recorded', resource })),
        nextParameter(result.next),
      ],
    };
    return {
      status: result.kind === 'created' ? 201 : 200,
      resource: answer,
      location: `Encounter/${result.encounter.id}`,
    };
  },
};

/** A text with its place. */
function once(given: ParameterReader, name: string) {
  given.text(name);
  return given.texts(name);
}
