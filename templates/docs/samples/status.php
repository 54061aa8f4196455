<?php
const API = 'https://sms.example.com/api/v1';
const KEY = 'bms_test_your_api_key';
const MESSAGE_ID = 'your_message_id';

$request = curl_init(API . '/sms/' . MESSAGE_ID . '/recipients');
curl_setopt_array($request, [
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . KEY],
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
]);
$body = curl_exec($request);
if ($body === false) {
    exit('No answer: ' . curl_error($request) . PHP_EOL);
}
$answer = json_decode($body, true);
if (!$answer['success']) {
    exit("{$answer['code']}: {$answer['error']}" . PHP_EOL);
}

foreach ($answer['data']['recipients'] as $recipient) {
    echo "{$recipient['phone']} {$recipient['status']} {$recipient['reason']}", PHP_EOL;
}
echo "Still under way: {$answer['data']['stats']['pending']}", PHP_EOL;
