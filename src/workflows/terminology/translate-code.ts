// ConceptMap/$translate: what a code is called in another system. https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import type { ConceptMap } from '@medplum/fhirtypes';
import { parseCanonical } from '../../fhir/canonical.ts';
import { isNamedBy } from '../../terminology/term-source.ts';
import {
  type Translation,
  type TranslationRequest,
  type Translations,
  translate,
} from '../../terminology/translate.ts';
import type { WorkflowContext } from '../context.ts';
import { conceptMapOf, findConceptMap, findConceptMapsFor, type TermName } from './find-terminology.ts';

export type { Translation, Translations };

export interface TranslationQuestion extends TranslationRequest {
  /** Only maps made for these value sets; `source` is the one of the code, also when the translation goes from target to source. */
  readonly source?: string | undefined;
  readonly target?: string | undefined;
}

/** Without a name, every map that is held. Throws FhirError 404 for a map that is not. */
export async function translateCode(
  context: WorkflowContext,
  name: TermName<ConceptMap> | undefined,
  question: TranslationQuestion,
): Promise<Translations> {
  await context.noteOperation('ConceptMap', '$translate', name?.kind === 'id' ? name.id : undefined);
  const systems = question.codings.flatMap(({ system }) => system ?? []);
  const held = name
    ? [await findConceptMap(context, name)]
    : await findConceptMapsFor(context, systems, question.isReverse);
  const [source, target] = question.isReverse
    ? [question.target, question.source]
    : [question.source, question.target];
  const maps = held.filter(
    (map) =>
      isMadeFor(source, map.sourceUri ?? map.sourceCanonical) &&
      isMadeFor(target, map.targetUri ?? map.targetCanonical),
  );
  const others = await mapsLeftTo(context, maps);
  return translate(maps, question, (canonical) => others.find((map) => isNamedBy(map, canonical)));
}

function isMadeFor(asked: string | undefined, scope: string | undefined): boolean {
  return (
    asked === undefined || (scope !== undefined && parseCanonical(asked).url === parseCanonical(scope).url)
  );
}

/** A chain of maps that leave the rest to the next one; longer ones are mistakes. */
const longestChain = 10;

async function mapsLeftTo(
  context: WorkflowContext,
  maps: readonly ConceptMap[],
): Promise<readonly ConceptMap[]> {
  const found: ConceptMap[] = [];
  const wanted = maps.flatMap(canonicalsLeftTo);
  for (
    let canonical = wanted.pop();
    canonical !== undefined && found.length < longestChain;
    canonical = wanted.pop()
  ) {
    const named = canonical;
    if (found.some((map) => isNamedBy(map, named))) continue;
    const other = await conceptMapOf(context, canonical);
    // The codes that the map itself knows are translated all the same.
    if (!other) continue;
    found.push(other);
    wanted.push(...canonicalsLeftTo(other));
  }
  return found;
}

function canonicalsLeftTo(map: ConceptMap): readonly string[] {
  return (map.group ?? []).flatMap(({ unmapped }) =>
    unmapped?.mode === 'other-map' && unmapped.url !== undefined ? [unmapped.url] : [],
  );
}
