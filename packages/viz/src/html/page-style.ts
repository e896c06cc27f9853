/** The style of a report: one column of readable width, wide pictures scroll in their own frame. */
export const pageStyle: string = `
*{box-sizing:border-box}
body{margin:0;background:var(--heed-surface);color:var(--heed-ink);font:16px/1.6 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:30px;line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
h2{font-size:20px;margin:48px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--heed-line)}
p{max-width:70ch;margin:12px 0}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:16px 0}
dl div{background:var(--heed-panel);border:1px solid var(--heed-line);border-radius:8px;padding:10px 14px}
dt{color:var(--heed-muted);font-size:13px}
dd{margin:0;font-size:18px;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:16px 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:start;color:var(--heed-muted);font-size:14px;padding-bottom:6px}
th,td{padding:6px 16px 6px 0;text-align:start;border-bottom:1px solid var(--heed-line);vertical-align:top}
th{font-size:13px;color:var(--heed-muted);font-weight:600}
td.number{text-align:end}
th.number{text-align:end}
.pictures{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start;margin:16px 0}
figure{margin:0;max-width:100%;overflow-x:auto;background:var(--heed-panel);border:1px solid var(--heed-line);border-radius:8px;padding:14px}
svg{display:block}
figure .heed-map,figure .heed-chart{background:none}
.chart{flex:1 1 440px;max-width:672px}
.chart svg{width:100%;height:auto}
@media print{main{padding:0}figure{break-inside:avoid}}
`.replaceAll("\n", "");
