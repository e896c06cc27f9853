/*
 * As much of vitest as the suites need that also run in a page: they are collected, run one after another, and reported.
 * Expectations are vitest's own.
 */
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";
import { fn, spyOn } from "@vitest/spy";
import * as chai from "chai";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect: typeof chai.expect = chai.expect;
export const vi = { fn, spyOn };

type Body = (...row: unknown[]) => unknown;
type Hook = () => unknown;

/** What a test is given: it may leave itself out while it runs. */
interface TestContext {
	skip(reason?: string): void;
}

class Skipped extends Error {}

interface Suite {
	readonly names: readonly string[];
	readonly before: Hook[];
	readonly after: Hook[];
	readonly beforeEach: Hook[];
	readonly afterEach: Hook[];
	readonly tests: {
		readonly name: string;
		readonly body: (context: TestContext) => unknown;
		readonly skipped: boolean;
	}[];
}

/** What became of a test. */
export interface TestOutcome {
	readonly name: string;
	readonly state: "passed" | "failed" | "skipped";
	readonly message?: string;
}

const suiteOf = (names: readonly string[]): Suite => ({
	names,
	before: [],
	after: [],
	beforeEach: [],
	afterEach: [],
	tests: [],
});
const suites: Suite[] = [suiteOf([])];
let current = suites[0] as Suite;

/** `%s`, `%j` and `$field.field` of a name. */
function fill(name: string, row: readonly unknown[]): string {
	const values = [...row];
	const [first] = row;
	return name
		.replace(/%[sj]/g, (form) => (form === "%s" ? String(values.shift()) : JSON.stringify(values.shift())))
		.replace(/\$(\w+(?:\.\w+)*)/g, (_, path: string) =>
			String(path.split(".").reduce((at, field) => (at as Record<string, unknown>)[field], first)),
		);
}

function eachOf(declare: (name: string, body: Hook) => void) {
	return (rows: readonly unknown[]) => (name: string, body: Body) => {
		for (const row of rows) {
			const list = Array.isArray(row) ? row : [row];
			declare(fill(name, list), () => body(...list));
		}
	};
}

function declareTest(skipped: boolean): (name: string, body: (context: TestContext) => unknown) => void {
	return (name, body) => void current.tests.push({ name, body, skipped });
}

export const test = Object.assign(declareTest(false), {
	each: eachOf(declareTest(false)),
	skipIf: (condition: boolean) =>
		Object.assign(declareTest(condition), { each: eachOf(declareTest(condition)) }),
});
export { test as it };

function declareSuite(name: string, body: Hook): void {
	const outer = current;
	current = suiteOf([...outer.names, name]);
	suites.push(current);
	// What the outer suite asks for holds for the inner one.
	current.before.push(...outer.before);
	current.beforeEach.push(...outer.beforeEach);
	current.afterEach.push(...outer.afterEach);
	current.after.push(...outer.after);
	body();
	current = outer;
}

export const describe = Object.assign(declareSuite, { each: eachOf(declareSuite) });
export const beforeAll = (hook: Hook): void => void current.before.push(hook);
export const afterAll = (hook: Hook): void => void current.after.push(hook);
export const beforeEach = (hook: Hook): void => void current.beforeEach.push(hook);
export const afterEach = (hook: Hook): void => void current.afterEach.push(hook);

async function outcomeOf(
	suite: Suite,
	full: string,
	{ body, skipped }: Suite["tests"][number],
): Promise<TestOutcome> {
	if (skipped) return { name: full, state: "skipped" };
	try {
		for (const hook of suite.beforeEach) await hook();
		await body({
			skip: (reason) => {
				throw new Skipped(reason);
			},
		});
		for (const hook of suite.afterEach) await hook();
		return { name: full, state: "passed" };
	} catch (error) {
		if (error instanceof Skipped) return { name: full, state: "skipped" };
		return { name: full, state: "failed", message: error instanceof Error ? error.message : String(error) };
	}
}

/** Runs all that was declared, or what has one of the texts in its name, and tells of each test as it ends. */
export async function runSuites(
	only: readonly string[],
	tell: (outcome: TestOutcome) => void,
): Promise<void> {
	for (const suite of suites) {
		const wanted = suite.tests
			.map((each) => ({ each, full: [...suite.names, each.name].join(" > ") }))
			.filter(({ full }) => only.length === 0 || only.some((text) => full.includes(text)));
		if (wanted.length === 0) continue;
		for (const hook of suite.before) await hook();
		for (const { each, full } of wanted) tell(await outcomeOf(suite, full, each));
		for (const hook of suite.after) await hook();
	}
}
