// What a copy says that finds another one at work.
import { CopyError } from './copy-error.ts';

export const anotherCopy = (name: string) =>
  new CopyError(
    `Another copy writes into ${name} at the same time: let it end, and then give the command once more.`,
  );
