// What goes into the processing of a Bundle besides the Bundle, and what comes out for each entry.
import type { OperationOutcomeIssue, ResourceType } from '@medplum/fhirtypes';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { SearchPage, StoredVersion } from '../../store/store.ts';
import type { Shape, UnderstoodSearch } from '../resources/search-resources.ts';

/** What became of one entry. */
export type EntryResult =
  | {
      readonly kind: 'created' | 'matched' | 'updated';
      readonly version: StoredVersion;
      /** What whoever sent it is told, as after a write by itself; absent or empty when there is nothing to tell. */
      readonly warnings?: readonly OperationOutcomeIssue[];
    }
  | { readonly kind: 'not-modified'; readonly version: StoredVersion }
  | {
      readonly kind: 'read';
      readonly version: StoredVersion;
      readonly shape?: Shape;
      readonly isHead: boolean;
    }
  | { readonly kind: 'deleted'; readonly versionId: string; readonly lastUpdated: string }
  /** A conditional delete that nothing matched. */
  | { readonly kind: 'nothing-deleted' }
  | {
      readonly kind: 'found';
      readonly understood: UnderstoodSearch;
      readonly page: SearchPage;
      readonly isHead: boolean;
    }
  /** A history, or what an operation answers with: the text of a resource. */
  | { readonly kind: 'answered'; readonly json: string; readonly isHead: boolean }
  | { readonly kind: 'refused'; readonly error: unknown };

/** What a Bundle's processing needs to know of the server it came to. */
export interface BundleDoor {
  /** The FHIR base as the client sees it. */
  readonly base: string;
  readonly createOnUpdate: boolean;
  /** Must a change of a clinical type name the version that it is of? */
  readonly demandsIfMatch: boolean;
  readonly isServed: (type: string) => boolean;
  /** Reads a condition such as "identifier=system|value", refusing any part that is not understood. */
  condition(type: ResourceType, text: string): SearchQuery;
  search(type: ResourceType, text: string): UnderstoodSearch;
  /** The text of what a GET of the address answers with, as whoever sent the Bundle may see it; for histories and operations. */
  ask(url: string): Promise<string>;
  /** How much of a resource is asked for by a query such as "_summary=true"; undefined: all of it. */
  shape(type: ResourceType, text: string): Shape | undefined;
}
