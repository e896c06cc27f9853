#!/usr/bin/env node
import { cli } from "./cli.ts";

// A closed pipe is reported where the writing fails; on stderr nobody is left to be told.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await cli(process.argv.slice(2));
