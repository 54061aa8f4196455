curl 'https://sms.example.com/api/v1/sms/your_message_id/recipients' \
  -H 'Authorization: Bearer bms_test_your_api_key'
