// What is said, in every language of the content, as a part of an answer: for whoever puts the answer together.
export { saidParameter } from '../course/said.ts';
