export type { AttentionMap, ValueRange } from "./attention-map.ts";
export {
	type AttentionMapsOptions,
	attentionMaps,
	type BatchTokens,
	type CaptureRecord,
} from "./attention-maps.ts";
export { VizError, type VizErrorCode } from "./errors.ts";
export {
	type HtmlReport,
	type HtmlSection,
	type HtmlTable,
	type RenderHtmlOptions,
	renderHtml,
} from "./html/render-html.ts";
export type { AttentionImage, ImageHeat, ImageMark } from "./image/attention-image.ts";
export { type RenderImageSvgOptions, renderImageSvg } from "./image/render-image-svg.ts";
export {
	type ChartSeries,
	type LineChart,
	type RenderLineChartOptions,
	renderLineChart,
} from "./svg/render-line-chart.ts";
export { type RenderSvgOptions, renderSvg } from "./svg/render-svg.ts";
export type { Theme } from "./svg/theme.ts";
export { type RenderTerminalOptions, renderTerminal } from "./terminal/render-terminal.ts";
