import type { Reporter, TestModule } from "vitest/node";

/** Prints the one closing line that CI counts: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
		for (const module of modules) {
			const tests = [...module.children.allTests()];
			// A file that does not even load has no tests, and must still count as a failure.
			if (module.state() === "failed" && tests.length === 0) count.failed++;
			for (const test of tests) count[test.result().state]++;
		}
		console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
	}
}
