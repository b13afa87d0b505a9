// Keeps the Observations that rest on a questionnaire's answers in step with them: made once, amended, voided, never doubled.
import type {
  Observation,
  ObservationDefinition,
  Questionnaire,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import { scoreExtension } from '../../instruments/score-extensions.ts';
import { scoreObservations } from '../../instruments/score-observations.ts';
import type { Store } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/** Complete answers to a questionnaire that this service scores. */
export interface ScoredAnswers {
  readonly response: QuestionnaireResponse;
  readonly questionnaire: Questionnaire;
  readonly definitions: readonly ObservationDefinition[];
}

/** Creates the Observations of a response and returns them; those in `earlier` were made from its previous version and are amended instead. */
export async function storeScores(
  { store, clock, newId }: WorkflowContext,
  responseId: string,
  { response, questionnaire, definitions }: ScoredAnswers,
  earlier: readonly Observation[],
): Promise<readonly Observation[]> {
  const known = new Map(earlier.map((observation) => [codeOf(observation), observation]));
  const ids = new Map<string, string>();
  const observations = scoreObservations(questionnaire, definitions, response, {
    responseId,
    issued: clock.now().toISOString(),
    idFor: (code) => {
      const id = ids.get(code) ?? known.get(code)?.id ?? newId();
      ids.set(code, id);
      return id;
    },
  });
  for (const observation of observations) {
    const before = known.get(codeOf(observation));
    if (!before) await store.create(observation, { id: observation.id });
    else if (content(before) !== content(observation)) {
      await update(store, { ...observation, meta: before.meta, status: 'amended' });
    }
  }
  return observations;
}

export async function voidScores(store: Store, observations: readonly Observation[]): Promise<void> {
  for (const observation of observations) {
    if (observation.status !== 'entered-in-error') {
      await update(store, { ...observation, status: 'entered-in-error' });
    }
  }
}

async function update(store: Store, observation: Observation): Promise<void> {
  const ifMatch = observation.meta?.versionId;
  await store.update(observation, ifMatch === undefined ? {} : { ifMatch });
}

/** The Observations that this service made from the response with this id. */
export async function scoresOf(store: Store, responseId: string): Promise<readonly Observation[]> {
  const page = await store.search({
    type: 'Observation',
    filters: [
      {
        parameter: 'derived-from',
        test: { kind: 'reference', values: [{ type: 'QuestionnaireResponse', id: responseId }] },
      },
    ],
    sort: [],
    count: 200,
    include: [],
    revinclude: [],
    total: false,
    understood: `derived-from=QuestionnaireResponse/${responseId}`,
  });
  return page.matches.map((match) => match.resource()).filter(isScore);
}

function isScore(resource: Resource): resource is Observation {
  return (
    resource.resourceType === 'Observation' &&
    resource.extension?.some((extension) => extension.url === scoreExtension.basis) === true
  );
}

function codeOf(observation: Observation): string {
  return observation.code.coding?.[0]?.code ?? '';
}

/** What a score says, whatever the moment it was computed at and its status. */
function content({ meta: _meta, status: _status, issued: _issued, ...rest }: Observation): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b)));
}
