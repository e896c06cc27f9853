import "katex/dist/katex.min.css";
import "./custom.css";

// The theme without its web font: the system's fonts are there already.
export { default } from "vitepress/theme-without-fonts";
