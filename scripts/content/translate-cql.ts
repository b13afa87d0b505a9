// Translates CQL to ELM, when content is published: the service itself never does.
// https://github.com/cqframework/clinical_quality_language (Apache-2.0), the reference translator, as it is built for JavaScript.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SystemModelInfoProvider } from '@cqframework/cql/cql';
import {
  CqlCompilerOptions,
  CqlTranslator,
  createLibrarySourceProvider,
  createModelInfoProvider,
  LibraryManager,
  ModelManager,
  stringAsSource,
} from '@cqframework/cql/cql-to-elm';

export type Translated =
  | { readonly kind: 'elm'; readonly text: string }
  | { readonly kind: 'faults'; readonly faults: readonly string[] };

const fhirModel = 'cql-exec-fhir/lib/modelInfos/fhir-modelinfo-4.0.1.xml';

/** `sourceOf` gives the CQL of a library that this one includes, by its name. The same CQL gives the same text. */
export function translateCql(cql: string, sourceOf: (name: string) => string | undefined): Translated {
  const models = new ModelManager();
  models.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
  models.modelInfoLoader.registerModelInfoProvider(
    createModelInfoProvider((name) => (name === 'FHIR' ? stringAsSource(fhirModelInfo()) : null)),
  );
  const libraries = new LibraryManager(models, new CqlCompilerOptions());
  libraries.librarySourceLoader.registerProvider(
    createLibrarySourceProvider((name) => {
      const source = sourceOf(name);
      return source === undefined ? null : stringAsSource(source);
    }),
  );
  const translator = CqlTranslator.fromText(cql, libraries);
  const faults = translator.errors.asJsReadonlyArrayView().map(({ message }) => message ?? 'not understood');
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'elm', text: translator.toJson() };
}

let model: string | undefined;

function fhirModelInfo(): string {
  model ??= readFileSync(createRequire(import.meta.url).resolve(fhirModel), 'utf8');
  return model;
}
