curl 'https://sms.example.com/api/v1/contacts/import' \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -d '{
    "groupId": "your_group_id",
    "contacts": [
      {"phone": "0240000001", "firstName": "Esi", "customFields": {"town": "Kumasi"}},
      {"phone": "0200000001", "firstName": "Kojo"}
    ]
  }'
