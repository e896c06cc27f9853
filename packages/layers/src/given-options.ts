/** The named options that were given, as a config holds them: what is `undefined` stays out. */
export function givenOptions<Options extends object, Name extends keyof Options>(
	options: Options,
	names: readonly Name[],
): Pick<Options, Name> {
	const given = names
		.map((name) => [name, options[name]] as const)
		.filter(([, value]) => value !== undefined);
	return Object.fromEntries(given) as Pick<Options, Name>;
}
