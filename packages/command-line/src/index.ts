// What the apps that are trained from the command line share. What computes is in ./backend, the Brown corpus in ./brown,
// MNIST and its kin in ./digits, pictures of the user's in ./pictures, what their tests share in ./testing.

// of @heed/core: for names that are misspelt
export { nearestName } from "@heed/core";

// files/
export { countWeights, loadWeights, type Variables } from "./files/load-weights.ts";
export {
	beginFolder,
	checkFolder,
	clearFolder,
	defaultFolder,
	type OutputFolder,
	outputFolder,
	prepareFolder,
} from "./files/output-folder.ts";
export { type PageOptions, pageOption, preparePage, writePage } from "./files/page.ts";
export { readBytes, readJson, readText } from "./files/read-text.ts";
export { Store, type StoredModel, type StoredTraining, type StoreOptions } from "./files/store.ts";

// program/
export { baseProgram, packageVersion } from "./program/base-program.ts";
export { ExpectedError, InterruptedError, UserError } from "./program/errors.ts";
export { adviseOnInterrupt, giveWay } from "./program/interruption.ts";
export { numberParser, positive, type Range, unitInterval } from "./program/number-parser.ts";
export {
	addCourseOptions,
	type BackendName,
	backendOption,
	type CourseSetting,
	SettingOptions,
} from "./program/options.ts";
export { runMain, runProgram } from "./program/run-program.ts";
export { kebab, typedCommand } from "./program/typed-command.ts";

// random/
export { type Random, randomOf } from "./random/random-of.ts";

// settings/
export { refuseUnread } from "./settings/refuse-unread.ts";
export {
	type AllSettings,
	fillSettings,
	type Given,
	type ResumeOptions,
	readSettings,
	resumeSettings,
	type SettingsForm,
	type StoredSettings,
} from "./settings/settings.ts";
export { thin } from "./settings/thin.ts";

// terminal/
export { countAloud } from "./terminal/count-aloud.ts";
export { hasColor, heatMap } from "./terminal/heat-map.ts";
export { print, say } from "./terminal/print.ts";
export { rounded, roundedRows } from "./terminal/rounded.ts";
export { lineGroupsOfStdin, textOfStdin } from "./terminal/stdin.ts";
export { textTable } from "./terminal/text-table.ts";

// training/
export {
	type ComparedTraining,
	type Comparison,
	compareTrainings,
	type Finished,
} from "./training/compare-trainings.ts";
export { digestOf } from "./training/digest-of.ts";
export { trainingObservers } from "./training/observers.ts";
export { type OpenTraining, openTraining, type TrainingOptions } from "./training/open-training.ts";
export { lossChart, settingsSection } from "./training/report-parts.ts";
export { type Course, type Trained, trainAndKeep } from "./training/train-and-keep.ts";
