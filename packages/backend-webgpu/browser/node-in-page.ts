/* What the suites ask of Node, answered by the server that the page came from. */

function ask(path: string): XMLHttpRequest {
	const request = new XMLHttpRequest();
	request.open("GET", `/file?path=${encodeURIComponent(path)}`, false); // as Node's own function, it does not wait
	request.send();
	return request;
}

export const existsSync = (path: string): boolean => ask(path).status === 200;

export function readFileSync(path: string): string {
	const { status, responseText } = ask(path);
	if (status !== 200) throw new Error(`${path} is not there.`);
	return responseText;
}

export const join = (...parts: readonly string[]): string => parts.join("/");
