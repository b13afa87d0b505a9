// Finds the libraries that a stored plan or activity names, and those that they depend on, before the pure part begins.
import type { Library } from '@medplum/fhirtypes';
import { dependenciesOf, mostLibraries } from '../../pathways/compile-cql.ts';
import type { DefinitionSource } from '../../pathways/compiled-plan.ts';
import type { WorkflowContext } from '../context.ts';
import { findDefined } from '../resources/find-by-canonical.ts';

/** What is not known is left out; the plan then says that it misses it. */
export async function librarySource(
  context: WorkflowContext,
  names: readonly string[],
): Promise<Pick<DefinitionSource, 'library'>> {
  const found = new Map<string, Library>();
  const wanted = [...names];
  for (let name = wanted.pop(); name !== undefined && found.size < mostLibraries; name = wanted.pop()) {
    if (found.has(name)) continue;
    const library = context.catalogue.library(name) ?? (await findDefined(context, 'Library', name));
    if (!library) continue;
    found.set(name, library);
    wanted.push(...dependenciesOf(library));
  }
  return { library: (canonical) => found.get(canonical) };
}
