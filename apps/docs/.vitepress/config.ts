import { existsSync, readFileSync } from "node:fs";
import { katex } from "@mdit/plugin-katex";
import { type DefaultTheme, defineConfig } from "vitepress";

/** The reference that TypeDoc wrote, a sidebar for each package: one with all of them would make every page heavy. */
function apiSidebars(): DefaultTheme.SidebarMulti {
	const file = new URL("../api/typedoc-sidebar.json", import.meta.url);
	if (!existsSync(file)) return {};
	const packages: DefaultTheme.SidebarItem[] = JSON.parse(readFileSync(file, "utf8"));
	const names = packages.map(({ text = "", link = "" }) => ({ text, link }));
	const of = (shown: DefaultTheme.SidebarItem): DefaultTheme.SidebarItem[] => [
		{
			...shown,
			collapsed: false,
			items: (shown.items ?? []).map((group) => ({ ...group, collapsed: group.text !== "Functions" })),
		},
		{ text: "Other packages", items: names.filter(({ text }) => text !== shown.text) },
	];
	return {
		...Object.fromEntries(packages.map((shown) => [shown.link ?? "", of(shown)])),
		"/api/": [{ text: "API reference", items: names }],
	};
}

const guide: DefaultTheme.SidebarItem[] = [
	{
		text: "Guide",
		items: [
			{ text: "What is attention?", link: "/guide/what-is-attention" },
			{ text: "Getting started", link: "/guide/getting-started" },
			{ text: "Masks and shapes", link: "/guide/masks-and-shapes" },
			{ text: "Seeing attention", link: "/guide/seeing-attention" },
			{ text: "Gradients and memory", link: "/guide/gradients-and-memory" },
			{ text: "Importing weights", link: "/guide/importing-weights" },
		],
	},
	{
		text: "Mechanisms",
		items: [
			{ text: "Attention of a decoder", link: "/mechanisms/decoder-attention" },
			{ text: "With a memory, and hard", link: "/mechanisms/stateful-attention" },
			{ text: "Multi-head attention", link: "/mechanisms/multi-head" },
			{ text: "Transformers", link: "/mechanisms/transformer" },
			{ text: "Pooling", link: "/mechanisms/pooling" },
			{ text: "Reading", link: "/mechanisms/reading" },
			{ text: "Recurrent and convolutional", link: "/mechanisms/recurrent-and-convolutional" },
			{ text: "Decoding and metrics", link: "/mechanisms/decoding-and-metrics" },
			{ text: "Channels and pixels", link: "/mechanisms/channels-and-pixels" },
			{ text: "Where to look", link: "/mechanisms/where-to-look" },
			{ text: "Frames and patches", link: "/mechanisms/frames-and-patches" },
			{ text: "What is supported", link: "/mechanisms/support" },
		],
	},
	{
		text: "Packages",
		items: ["core", "layers", "nlp", "vision", "backend-wasm", "backend-webgpu", "train", "io", "viz"].map(
			(name) => ({
				text: `@heed/${name}`,
				link: `/packages/${name}`,
			}),
		),
	},
	{
		text: "Apps",
		items: [
			{ text: "Translate", link: "/apps/translate" },
			{ text: "Tag, genre, read", link: "/apps/tag-genre-read" },
			{ text: "Pictures and videos", link: "/apps/pictures-and-videos" },
			{ text: "Bench", link: "/apps/bench" },
		],
	},
];

export default defineConfig({
	title: "Heed",
	description: "Attention for TensorFlow.js: typed, trainable, inspectable parts.",
	lang: "en",
	lastUpdated: false,
	// Every file of the repository that is not a page of the site.
	srcExclude: ["README.md", "src/**"],
	head: [
		["link", { rel: "icon", type: "image/svg+xml", href: "/logo.svg" }],
		["meta", { name: "theme-color", content: "#21918c" }],
	],
	markdown: {
		config: (md) => {
			// VitePress's types of markdown-it are of an older release, and do not compare with the plugin's.
			katex(md as unknown as Parameters<typeof katex>[0], { throwOnError: true, strict: "error" });
		},
	},
	vite: {
		// The search index is one file by nature.
		build: { chunkSizeWarningLimit: 4000 },
	},
	themeConfig: {
		logo: "/logo.svg",
		search: { provider: "local" },
		outline: [2, 3],
		nav: [
			{ text: "Guide", link: "/guide/what-is-attention", activeMatch: "/guide/" },
			{ text: "Mechanisms", link: "/mechanisms/support", activeMatch: "/mechanisms/" },
			{ text: "Packages", link: "/packages/core", activeMatch: "/packages/" },
			{ text: "API", link: "/api/", activeMatch: "/api/" },
		],
		sidebar: {
			"/": guide,
			...apiSidebars(),
		},
		footer: { message: "Apache-2.0" },
	},
});
