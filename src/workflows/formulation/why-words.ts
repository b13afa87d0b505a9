// The sentences that say why something is in a plan, and whose view a factor is, in every language of the content.
import type { Catalogue } from '../../content/catalogue.ts';
import { viewSystem } from '../../course/formulation/formulation.ts';
import { type WhyWords, whySystem } from '../../course/formulation/why-this.ts';
import { asItIs, type Said } from '../../course/said.ts';
import { conceptsIn, nameOf } from '../courses/names-of-codes.ts';

/** A sentence that is not published is a fault of our content: an Error. */
export function whyWords(catalogue: Catalogue): WhyWords {
  const named = (system: string, wanted: string | undefined): Said | undefined => {
    const concept = conceptsIn(catalogue, system).find(({ code }) => code === wanted);
    return concept && nameOf(concept);
  };
  return {
    sentence(code) {
      const sentence = named(whySystem, code);
      if (!sentence) throw new Error(`${whySystem} has no sentence "${code}"`);
      return sentence;
    },
    view({ system, code, display }) {
      const ours = system === viewSystem ? named(viewSystem, code) : undefined;
      return ours ?? asItIs(display ?? code ?? '');
    },
  };
}
