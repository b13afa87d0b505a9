// Numbers that look random and are the same in each run.

/** Gives a whole number from 0 to below. */
export type Random = (below: number) => number;

export function seededRandom(): Random {
  let state = 20_261_120;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}
