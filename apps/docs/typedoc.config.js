// The API reference: one tree of pages per package, read from the TypeScript sources, written to api/.

/** Keeps where a name is defined, without a link: the site knows no host for the repository. */
function sourcesWithoutLinks(app) {
	app.renderer.on("beginRender", ({ project }) => {
		for (const reflection of Object.values(project.reflections)) {
			for (const source of reflection.sources ?? []) delete source.url;
		}
	});
}

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
	name: "API reference",
	entryPointStrategy: "packages",
	entryPoints: ["../../packages/!(testing|command-line)"],
	packageOptions: {
		entryPoints: ["src/**/index.ts"],
		// `typecheck` does it; here it would check the tests of every package again.
		skipErrorChecking: true,
		excludePrivate: true,
		excludeInternal: true,
		excludeExternals: true,
		disableGit: true,
		sourceLinkTemplate: "{path}",
	},
	plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme", sourcesWithoutLinks],
	docsRoot: ".",
	out: "api",
	readme: "none",
	treatWarningsAsErrors: true,
	entryFileName: "index",
	hidePageHeader: true,
	hideBreadcrumbs: true,
	useCodeBlocks: true,
	parametersFormat: "table",
	interfacePropertiesFormat: "table",
	propertiesFormat: "table",
	typeDeclarationFormat: "table",
	tableColumnSettings: { hideSources: true, hideModifiers: true, hideInherited: true, hideOverrides: true },
};
