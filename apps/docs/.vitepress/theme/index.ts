// The theme without its web font: the fonts of the reader's system are there already.
import theme from "vitepress/theme-without-fonts";

// After the theme, to have the last word.
import "katex/dist/katex.min.css";
import "./custom.css";

export default theme;
