// POST CarePlan/[id]/$migrate: the course goes on by a newer version of its protocol, or it is written down that it keeps its own.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { migrateCourse } from '../../workflows/course-changes/migrate-course.ts';
import type { MigrationRequest, MigrationResult } from '../../workflows/course-changes/migration-request.ts';
import { tryOut } from '../../workflows/resources/try-out.ts';
import type { Operation } from '../operation.ts';
import { changedParameter } from './changed-parameter.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { issuesParameter } from './issues-parameter.ts';
import { nextParameter } from './next-parameter.ts';
import { parameterReader } from './parameter-reader.ts';
import { stepImpactParameter } from './step-impact-parameter.ts';

export const carePlanMigrate: Operation = {
  name: 'migrate',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-migrate',
  async handle(request) {
    const given = parameterReader(request.parameters, ['to', 'choice', 'renew', 'dryRun', ...reasonNames]);
    const asked: MigrationRequest = {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      to: given.reference('to'),
      choice: choiceOf(given.text('choice')),
      renew: given.references('renew'),
      ...givenReason(given),
    };
    if (!given.flag('dryRun')) {
      return { status: 200, resource: answerOf(await migrateCourse(request.context, asked)) };
    }
    const result = await tryOut(request.context, (within) => migrateCourse(within, asked));
    // What was read was seen, though nothing of it was stored.
    await request.context.noteOperation('CarePlan', '$migrate', request.id);
    return { status: 200, resource: answerOf(result) };
  },
};

function choiceOf(choice: string | undefined): MigrationRequest['choice'] {
  if (choice !== undefined && choice !== 'migrate' && choice !== 'keep') {
    throw invalid('"choice" is migrate or keep', 'Parameters.parameter');
  }
  return choice ?? 'migrate';
}

function answerOf(result: MigrationResult): Parameters {
  const { provenance } = result;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'outcome', valueCode: result.outcome },
      { name: 'carePlan', resource: result.carePlan },
      ...result.impacts.map(stepImpactParameter),
      ...result.changed.map(changedParameter),
      ...(provenance ? [{ name: 'provenance', resource: provenance }] : []),
      ...issuesParameter(
        result.warnings.map((diagnostics) => ({
          severity: result.outcome === 'already-there' ? 'information' : 'warning',
          code: result.outcome === 'already-there' ? 'informational' : 'business-rule',
          diagnostics,
        })),
      ),
      nextParameter(result.next),
    ],
  };
}
