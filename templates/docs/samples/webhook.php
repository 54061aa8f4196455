<?php
const SECRET = 'whsec_your_secret';

function isGenuine(array $server, string $body): bool
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false; // seconds: whatever is older may be a recording
    }
    $key = base64_decode(substr(SECRET, strlen('whsec_')));
    $ours = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
        if (hash_equals($ours, $signature)) {
            return true;
        }
    }
    return false;
}

$body = file_get_contents('php://input'); // the bytes as they came
if (!isGenuine($_SERVER, $body)) {
    http_response_code(401);
    exit;
}
foreach (json_decode($body, true)['events'] as $event) {
    error_log("{$event['id']} {$event['type']} " . json_encode($event['data']));
}
http_response_code(204);
