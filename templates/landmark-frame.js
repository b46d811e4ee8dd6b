// In a hidden frame on a platform's page: films, and tells the page where points of the face are.
WebcamWebSocket.serveFrame();
