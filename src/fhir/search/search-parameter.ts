// A search parameter: as R4 defines it, and as the service uses it for one type.
import type { IndexKind } from './index-value.ts';
import type { Storage } from './stored-as.ts';

/** The fields of a SearchParameter that the service uses (fhir-profiles/base/search-parameters.json). */
export interface SearchParameterDefinition {
  readonly url: string;
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression: string;
  readonly target?: readonly string[];
  /** Of a reference parameter that finds canonicals and no References. */
  readonly isCanonical?: true;
  /** Of a token parameter that finds identifiers. */
  readonly isIdentifier?: true;
  /** Of a token parameter that finds telephone numbers and addresses. */
  readonly isContactPoint?: true;
  /** Of a composite: the parameters that it joins, and what each is in the element that the expression finds. */
  readonly component?: readonly { readonly definition: string; readonly expression: string }[];
}

export interface SearchParameterFacts extends Storage {
  readonly code: string;
  readonly kind: IndexKind;
  readonly url: string;
  /** The types that a reference parameter may point to; empty when unknown or any. */
  readonly targets: readonly string[];
  /** Its values name a resource by the url that the resource gives itself; chains and includes follow addresses only. */
  readonly isCanonical: boolean;
  /** Codes of this parameter are compared without case (telephone numbers and e-mail addresses). */
  readonly isCaseIgnored: boolean;
  /** Its values are identifiers, which have a type of their own (:of-type). */
  readonly isIdentifier: boolean;
}
