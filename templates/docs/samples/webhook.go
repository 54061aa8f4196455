package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const secret = "whsec_your_secret"

func isGenuine(header http.Header, body []byte) bool {
	id, timestamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Now().Unix() - seconds; err != nil || age > 300 || age < -300 {
		return false // seconds: whatever is older may be a recording
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	ours := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, theirs := range strings.Fields(header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(ours), []byte(theirs)) {
			return true
		}
	}
	return false
}

func receive(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body) // the bytes as they came
	if err != nil || !isGenuine(request.Header, body) {
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	var delivery struct {
		Events []struct {
			ID, Type string
			Data     json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &delivery); err != nil {
		writer.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, event := range delivery.Events {
		fmt.Println(event.ID, event.Type, string(event.Data)) // put it into a queue of yours
	}
	writer.WriteHeader(http.StatusNoContent)
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "4000"
	}
	http.HandleFunc("/", receive)
	fmt.Println("Listening on port", port)
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
