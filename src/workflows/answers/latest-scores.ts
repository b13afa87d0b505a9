// Finds a person's totals of the questionnaires that a course follows, as the content defines them.
import type { Coding, Observation } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { asItIs, type Said, saidIn } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';

/** The questionnaires whose totals belong to a referral and to a course. */
const followed = [
  'https://w3id.org/alongside/fhir/Questionnaire/phq-15',
  'https://w3id.org/alongside/fhir/Questionnaire/fsq',
] as const;

export interface FollowedScore {
  readonly questionnaire: string;
  readonly title: Said;
  readonly code: Coding & { readonly code: string };
}

const read = new WeakMap<Catalogue, readonly FollowedScore[]>();

/** The total of each followed questionnaire; a questionnaire that is not published is left out. Looked up once for a catalogue. */
export function followedScores(catalogue: Catalogue): readonly FollowedScore[] {
  const known = read.get(catalogue);
  if (known !== undefined) return known;
  const scores = scoresIn(catalogue);
  read.set(catalogue, scores);
  return scores;
}

function scoresIn(catalogue: Catalogue): readonly FollowedScore[] {
  return followed.flatMap((url) => {
    const definition = catalogue.scoreDefinitions(url)[0];
    const coding = definition?.code.coding?.find((candidate) => candidate.code);
    const questionnaire = catalogue.questionnaire(url);
    return coding?.code
      ? [
          {
            questionnaire: url,
            title: saidIn(questionnaire ?? {}, 'title') ?? asItIs(coding.display ?? coding.code),
            code: { ...coding, code: coding.code },
          },
        ]
      : [];
  });
}

/** Every usable total of one score, oldest first; those without a value (too many answers missing) are left out. */
async function totalsOf(
  { store }: WorkflowContext,
  patient: string,
  score: FollowedScore,
): Promise<readonly Observation[]> {
  const { system, code } = score.code;
  const observations = await findResources(
    store,
    'Observation',
    [byReference('subject', patient), byToken('code', { ...(system !== undefined && { system }), code })],
    [{ parameter: 'date', descending: false }],
  );
  return observations.filter(
    (observation) =>
      ['final', 'amended', 'corrected'].includes(observation.status) && numberOf(observation) !== undefined,
  );
}

/** The number of a total, whichever of the two types it is stored in. */
function numberOf(observation: Observation): number | undefined {
  return observation.valueInteger ?? observation.valueQuantity?.value;
}

/** The newest usable total of each followed questionnaire, as references. */
export async function latestScores(context: WorkflowContext, patient: string): Promise<readonly string[]> {
  const latest: string[] = [];
  for (const score of followedScores(context.catalogue)) {
    const newest = (await totalsOf(context, patient, score)).at(-1);
    if (newest?.id) {
      latest.push(`Observation/${newest.id}`);
    }
  }
  return latest;
}
